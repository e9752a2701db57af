//! How a provider's routes hang in the server.

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use tower::ServiceExt;

use crate::site::Door;

/// A route of a provider's contract.
#[derive(Clone, Debug)]
pub struct Route {
    /// The path's template as the contract has it.
    pub template: &'static str,
    /// The method that reads a list here, if one does.
    pub list: Option<Method>,
}

/// One provider's routes, and where its API begins.
///
/// Templates are known apart from the router, so that a request can be named
/// by its route even if a fault keeps it from getting there.
pub struct Mount<S> {
    /// The provider's name, and the first segment of its paths.
    pub provider: &'static str,
    base: &'static str,
    router: Router<Door<S>>,
    routes: matchit::Router<Route>,
}

impl<S: 'static> Mount<S> {
    /// A provider whose API begins at `base`, which is `/{provider}` or below.
    pub fn new(provider: &'static str, base: &'static str) -> Self {
        Self { provider, base, router: Router::new(), routes: matchit::Router::new() }
    }

    /// Adds a route.
    pub fn at(self, template: &'static str, methods: MethodRouter<Door<S>>) -> Self {
        self.add(template, methods, None)
    }

    /// Adds a route whose GET reads a list.
    pub fn list_at(self, template: &'static str, methods: MethodRouter<Door<S>>) -> Self {
        self.add(template, methods, Some(Method::GET))
    }

    /// Adds a route whose POST reads a list: a search, with what is sought in its body.
    pub fn search_at(self, template: &'static str, methods: MethodRouter<Door<S>>) -> Self {
        self.add(template, methods, Some(Method::POST))
    }

    /// Adjusts the router as a whole, for layers and fallbacks.
    pub fn map_router(mut self, adjust: impl FnOnce(Router<Door<S>>) -> Router<Door<S>>) -> Self {
        self.router = adjust(self.router);
        self
    }

    fn add(mut self, template: &'static str, methods: MethodRouter<Door<S>>, list: Option<Method>) -> Self {
        self.router = self.router.route(template, methods);
        self.routes.insert(template, Route { template, list }).expect("axum has just taken the same template");
        self
    }

    /// Ready to serve.
    pub fn open(self, door: Door<S>) -> Gate {
        Gate { provider: self.provider, base: self.base, router: self.router.with_state(door), routes: self.routes }
    }
}

/// A provider that is being served.
pub struct Gate {
    /// The provider's name.
    pub provider: &'static str,
    base: &'static str,
    router: Router,
    routes: matchit::Router<Route>,
}

impl Gate {
    /// Whether this path is the provider's.
    pub fn owns(&self, path: &str) -> bool {
        path.split('/').nth(1) == Some(self.provider)
    }

    /// The route that a path belongs to.
    pub fn route(&self, path: &str) -> Option<&Route> {
        let found = self.routes.at(path.strip_prefix(self.base)?).ok()?;
        Some(found.value)
    }

    /// Whether this request reads a list.
    pub fn lists(&self, method: &Method, path: &str) -> bool {
        self.route(path).is_some_and(|route| route.list.as_ref() == Some(method))
    }

    /// Has the provider answer.
    pub async fn answer(&self, mut request: Request) -> Response {
        let uri = request.uri();
        let wanted = uri.path_and_query().map_or("/", |it| it.as_str());
        // A path beside the base stays as it is, and no route matches it.
        if let Some(Ok(within)) = wanted.strip_prefix(self.base).map(str::parse) {
            *request.uri_mut() = within;
        }
        let answered = self.router.clone().oneshot(request).await;
        answered.unwrap_or_else(|never| never.into_response())
    }
}
