"""Lists and gets what the simulator serves, with Azure's own SDKs: they are given a CA file and addresses, no more."""

import asyncio
import json
import ssl
import sys

import httpx
from azure.core.rest import HttpRequest
from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions
from azure.mgmt.resource.subscriptions import SubscriptionClient
from azure.mgmt.storage import StorageManagementClient
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core import GraphClientFactory

base, ca, tenant, client, secret, empty = sys.argv[1:7]
credential = ClientSecretCredential(
    tenant, client, secret, authority=base, disable_instance_discovery=True, connection_verify=ca
)
ready = dict(base_url=base, credential_scopes=[f"{base}/.default"], connection_verify=ca)
said = {}


def subscriptions():
    found = SubscriptionClient(credential, **ready)
    said["subscriptions"] = sorted(entry.subscription_id for entry in found.subscriptions.list())
    said["tenants"] = [entry.tenant_id for entry in found.tenants.list()]


def reads(subscription):
    mine = {}
    resources = ResourceManagementClient(credential, subscription, **ready)
    mine["groups"] = sorted(group.id for group in resources.resource_groups.list())
    mine["resources"] = sorted(entry.id for entry in resources.resources.list())
    mine["providers"] = len(list(resources.providers.list()))
    network = NetworkManagementClient(credential, subscription, **ready)
    mine["networks"] = {entry.id: [part.name for part in entry.subnets or []] for entry in network.virtual_networks.list_all()}
    for identity in mine["networks"]:
        parts = identity.split("/")
        one = network.virtual_networks.get(parts[4], parts[8])
        assert one.id == identity, one.id
        listed = {part.id for part in network.subnets.list(parts[4], parts[8])}
        assert listed <= {part.id for part in one.subnets or []}, listed
    mine["security_groups"] = sorted(entry.id for entry in network.network_security_groups.list_all())
    compute = ComputeManagementClient(credential, subscription, **ready)
    mine["machines"] = {entry.id: entry.hardware_profile.vm_size for entry in compute.virtual_machines.list_all()}
    mine["disks"] = sorted(entry.id for entry in compute.disks.list())
    storage = StorageManagementClient(credential, subscription, **ready)
    mine["accounts"] = {entry.id: entry.sku.name for entry in storage.storage_accounts.list()}
    for identity in mine["accounts"]:
        parts = identity.split("/")
        assert storage.storage_accounts.get_properties(parts[4], parts[8]).id == identity
        assert len(storage.storage_accounts.list_keys(parts[4], parts[8])["keys"]) == 2
    roles = AuthorizationManagementClient(credential, subscription, **ready)
    mine["assignments"] = sorted(entry.id for entry in roles.role_assignments.list_for_subscription())
    mine["definitions"] = len(list(roles.role_definitions.list(f"/subscriptions/{subscription}")))
    return mine


def graph():
    client = ResourceGraphClient(credential, **ready)
    rows, token = [], None
    while True:
        options = QueryRequestOptions(result_format="objectArray", top=30, skip_token=token)
        page = client.resources(QueryRequest(query="resources | order by id asc | project id, type", options=options))
        rows += [row["id"] for row in page.data]
        token = page.skip_token
        if token is None:
            return sorted(rows)


def writes(subscription):
    """Long-running operations and a deployment, polled by the SDK's own poller."""
    resources = ResourceManagementClient(credential, subscription, **ready)
    network = NetworkManagementClient(credential, subscription, **ready)
    resources.resource_groups.create_or_update("sdk", {"location": "westeurope"})
    part = {"name": "a", "properties": {"addressPrefix": "10.9.1.0/24"}}
    space = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}, "subnets": [part]}
    made = network.virtual_networks.begin_create_or_update("sdk", "net", {"location": "westeurope", "properties": space}).result()
    assert made.provisioning_state == "Succeeded", made.provisioning_state
    assert made.subnets[0].id == made.id + "/subnets/a"
    network.virtual_networks.begin_delete("sdk", "net").result()
    assert list(network.virtual_networks.list("sdk")) == []
    storage = StorageManagementClient(credential, subscription, **ready)
    account = storage.storage_accounts.begin_create(
        "sdk", "stsdk", {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    ).result()
    said["written"] = account.id
    template = {"resources": [{
        "type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2024-05-01", "name": "[parameters('name')]",
        "location": "[resourceGroup().location]", "properties": {"securityRules": []},
    }], "parameters": {"name": {"type": "string"}}}
    properties = {"mode": "Incremental", "template": template, "parameters": {"name": {"value": "nsg"}}}
    url = f"{base}/subscriptions/{subscription}/resourceGroups/sdk/providers/Microsoft.Resources/deployments/d?api-version=2022-09-01"
    assert resources.send_request(HttpRequest("PUT", url, json={"properties": properties})).status_code == 201
    assert resources.send_request(HttpRequest("GET", url)).json()["properties"]["provisioningState"] == "Succeeded"
    assert [entry.name for entry in network.network_security_groups.list("sdk")] == ["nsg"]


async def directory():
    scopes, host = [f"{base}/.default"], base.split("://")[1].split(":")[0]
    provider = AzureIdentityAuthenticationProvider(credential, scopes=scopes, allowed_hosts=[host])
    http = httpx.AsyncClient(verify=ssl.create_default_context(cafile=ca), base_url=f"{base}/v1.0")
    adapter = GraphRequestAdapter(provider, client=GraphClientFactory.create_with_default_middleware(client=http))
    adapter.base_url = f"{base}/v1.0"
    client = GraphServiceClient(request_adapter=adapter)
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=4)
    page = await client.users.get(request_configuration=RequestConfiguration(query_parameters=query))
    users = list(page.value)
    while page.odata_next_link:
        page = await client.users.with_url(page.odata_next_link).get()
        users += page.value
    said["users"] = sorted(user.user_principal_name for user in users)
    groups = (await client.groups.get()).value
    members = {}
    for group in groups:
        members[group.display_name] = len((await client.groups.by_group_id(group.id).members.get()).value)
    said["members"] = members
    said["principals"] = len((await client.service_principals.get()).value)
    said["applications"] = len((await client.applications.get()).value)


subscriptions()
said["read"] = {subscription: reads(subscription) for subscription in said["subscriptions"] if subscription != empty}
said["graph"] = graph()
writes(empty)
asyncio.run(directory())
print(json.dumps(said))
