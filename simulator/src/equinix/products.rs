//! What an LOA is for: cross connects to ports of a patch panel.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::places::{self, PORTS, Panel};
use super::store::Ports;
use crate::fields::{Fields, Flaw};

/// The one type of product.
pub const CROSS_CONNECT: &str = "CROSS_CONNECT";

/// A cross connect that an LOA is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Product {
    uuid: Uuid,
    connection_service: String,
    media_type: String,
    protocol_type: String,
    connector_type: String,
    circuit_id: Option<String>,
    panel: String,
    /// Where the panel is.
    pub ibx: String,
    port_a: u32,
    port_b: Option<u32>,
}

/// A port of a patch panel.
pub type Port = (String, u32);

impl Product {
    /// The ports that it reserves.
    pub fn ports(&self) -> impl Iterator<Item = Port> {
        [Some(self.port_a), self.port_b].into_iter().flatten().map(|port| (self.panel.clone(), port))
    }

    /// The product as answers show it: the panel in full, not only its id.
    pub fn shown(&self) -> Value {
        let panel = places::ibx(&self.ibx).map(|ibx| places::shown_panel(&self.panel, ibx));
        let mut side = json!({
            "connectorType": self.connector_type,
            "patchPanel": panel,
            "portA": self.port_a,
        });
        if let Some(circuit) = &self.circuit_id {
            side["circuitId"] = circuit.as_str().into();
        }
        if let Some(port) = self.port_b {
            side["portB"] = port.into();
        }
        json!({
            "uuid": self.uuid,
            "type": CROSS_CONNECT,
            "crossConnect": {
                "connectionService": self.connection_service,
                "mediaType": self.media_type,
                "protocolType": self.protocol_type,
                "zSide": side,
            },
        })
    }
}

/// Reads the products of an LOA.
pub fn read(fields: &Fields<'_>, ports: &Ports<'_>) -> Result<Vec<Product>, Flaw> {
    let mut named = Vec::new();
    let products = fields.objects("products")?;
    products.iter().map(|product| read_product(product, ports, &mut named)).collect()
}

/// The values of services, media, protocols and connectors differ from one
/// data centre to the next: they are taken as they come.
fn read_product(fields: &Fields<'_>, ports: &Ports<'_>, named: &mut Vec<Port>) -> Result<Product, Flaw> {
    fields.choice("type", &[CROSS_CONNECT])?;
    let connect = fields.object("crossConnect")?;
    let filled = |name| connect.filled(name).map(str::to_owned);
    let (connection_service, media_type, protocol_type) =
        (filled("connectionService")?, filled("mediaType")?, filled("protocolType")?);
    let side = connect.object("zSide")?;
    let connector_type = side.filled("connectorType")?.to_owned();
    let circuit_id = side.optional_text("circuitId")?.map(str::to_owned);
    let panel = ports.own_panel(side.filled("patchPanelId")?);
    let panel = panel.ok_or_else(|| side.refuse("patchPanelId", "the organization has no such patch panel"))?;
    check_location(&side, panel)?;
    let port_a = side.number_within("portA", 1, PORTS)?;
    let port_b = side.optional("portB").map(|_| side.number_within("portB", 1, PORTS)).transpose()?;
    let product = Product {
        uuid: Uuid::new_v4(),
        connection_service,
        media_type,
        protocol_type,
        connector_type,
        circuit_id,
        panel: panel.id.clone(),
        ibx: panel.ibx.code.to_owned(),
        port_a,
        port_b,
    };
    for (name, port) in ["portA", "portB"].into_iter().zip(product.ports()) {
        if named.contains(&port) {
            return Err(side.refuse(name, "is named twice"));
        }
        if ports.is_reserved(&port) {
            return Err(side.refuse(name, "is reserved by another Digital LOA"));
        }
        named.push(port);
    }
    Ok(product)
}

/// A request need not say where the panel is, but it must not say it wrong.
fn check_location(side: &Fields<'_>, panel: &Panel) -> Result<(), Flaw> {
    let nested = side.optional_object("patchPanel")?;
    let location = nested.map(|panel| panel.optional_object("location")).transpose()?.flatten();
    for holder in [Some(side), location.as_ref()].into_iter().flatten() {
        if holder.optional_text("ibx")?.is_some_and(|ibx| ibx != panel.ibx.code) {
            return Err(holder.refuse("ibx", "is not where the patch panel is"));
        }
    }
    Ok(())
}
