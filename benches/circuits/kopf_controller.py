"""The operator's work in Python: the same calls as in bare.rs, with kopf, kubernetes_asyncio and aiohttp."""

import asyncio
import base64
import datetime
import logging
import os

import aiohttp
import kopf
from kubernetes_asyncio import client, config

KIND = ("interconnect-operator.io", "v1alpha1", "interconnects")
NAMESPACE = os.environ["BENCH_NAMESPACE"]
API = os.environ["BENCH_API"]
TOKEN = os.environ["BENCH_TOKEN"]
POLL_SECONDS = int(os.environ["BENCH_POLL_SECONDS"])
CONCURRENCY = int(os.environ["BENCH_CONCURRENCY"])


@kopf.on.login()
def login(**kwargs):
    return kopf.login_with_kubeconfig(**kwargs)


@kopf.on.startup()
async def start(settings, memo, **_):
    settings.persistence.finalizer = "interconnect-operator.io/circuit"
    # The CRD's schema would prune what kopf keeps in the status.
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage()
    # The rights end with the namespace.
    settings.scanning.disabled = True
    settings.posting.level = logging.ERROR
    # Not kopf's own limit of workers: each of these lingers for seconds when its work is done.
    memo.turns = asyncio.Semaphore(CONCURRENCY)
    await config.load_kube_config()
    memo.kubernetes = client.ApiClient()
    memo.provider = aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}, raise_for_status=True)


@kopf.on.cleanup()
async def stop(memo, **_):
    await memo.provider.close()
    await memo.kubernetes.close()


@kopf.on.resume(*KIND)
@kopf.on.create(*KIND)
async def ensure(spec, status, meta, body, patch, memo, **_):
    """Orders it if it has no id yet, and looks at it."""
    name = status.get("externalId")
    async with memo.turns:
        if name is None:
            name = await order(spec, memo)
            await keep_letter(name, body, memo)
        await look(name, status, meta, patch, memo)


@kopf.timer(*KIND, interval=POLL_SECONDS, initial_delay=POLL_SECONDS)
async def poll(status, meta, patch, memo, **_):
    if "externalId" in status:
        async with memo.turns:
            await look(status["externalId"], status, meta, patch, memo)


@kopf.on.delete(*KIND)
async def end(status, memo, **_):
    if "externalId" in status:
        try:
            async with memo.turns, memo.provider.delete(f"{API}/interconnects/{status['externalId']}"):
                pass
        except aiohttp.ClientResponseError as error:
            if error.status != 404:
                raise


async def order(spec, memo):
    slot = await read(f"slots/{spec['direct']['slotId']}", memo)
    account = API.split("/accounts/")[1].split("/")[0]
    wish = {"account": account, "type": "direct", "slot_id": slot["id"], "speed": slot["speed"]}
    async with memo.provider.post(f"{API}/interconnects", json=wish) as answer:
        return (await answer.json())["name"]


async def look(name, status, meta, patch, memo):
    there = await read(f"interconnects/{name}", memo)
    state = (await read(f"interconnects/{name}/status", memo))["state"]
    seen = {
        "observedGeneration": meta["generation"],
        "externalId": name,
        "state": state,
        "site": there.get("site"),
        "speed": there.get("speed"),
        "slotId": there.get("slot_id"),
    }
    if any(status.get(field) != value for field, value in seen.items()):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        ready = "True" if state == "Healthy" else "False"
        seen["conditions"] = [
            {"type": "Ready", "status": ready, "reason": "Seen", "message": "", "lastTransitionTime": now}
        ]
        patch.status.update(seen)


async def keep_letter(name, body, memo):
    async with memo.provider.get(f"{API}/interconnects/{name}/loa") as answer:
        letter = await answer.read()
    secret = {
        "metadata": {"name": f"{body['metadata']['name']}-loa"},
        "data": {"document.pdf": base64.b64encode(letter).decode()},
    }
    kopf.append_owner_reference(secret, owner=body)
    await client.CoreV1Api(memo.kubernetes).create_namespaced_secret(NAMESPACE, secret)


async def read(path, memo):
    async with memo.provider.get(f"{API}/{path}") as answer:
        return await answer.json()
