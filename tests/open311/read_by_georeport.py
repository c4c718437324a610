"""Reads a demo's Open311 with the client `georeport`, which is not ours, in both of its formats.

    read_by_georeport.py http://127.0.0.1:8080
"""

import json
import sys
import urllib.request

from georeport import GeoReport


def ask(url, token=None, body=None):
    headers = {"content-type": "application/json", "idempotency-key": "georeport"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
        return json.load(answer)


def sign_in(url, login):
    return ask(f"{url}/v1/sessions", body={"grant": "DEMO", "login": login})["access_token"]


def jurisdiction(url):
    """What an officer opens to other systems: the demo's complex."""
    complex_id = ask(f"{url}/v1/me", sign_in(url, "property"))["roles"][0]["complex_id"]
    key = ask(f"{url}/v1/places/{complex_id}/api-keys", sign_in(url, "community"), {"name": "georeport"})
    return key["jurisdiction_id"]


def read(url, of, form):
    """Everything that the client can read, in one form."""
    client = GeoReport(f"{url}/open311/v2", jurisdiction=of, output_format=form)
    services = client.get_service_list()
    asked = next(service for service in services if str(service["metadata"]).lower() == "true")
    definition = client.get_service_definition(asked["service_code"])
    assert definition["service_code"] == asked["service_code"], definition
    assert definition["attributes"], definition
    requests = client.get_service_requests()
    assert isinstance(requests, list) and requests, requests
    known = {service["service_code"] for service in services}
    assert all(request["service_code"] in known for request in requests), requests
    one = client.get_service_request(requests[0]["service_request_id"])
    assert one["service_request_id"] == requests[0]["service_request_id"], one
    status = requests[0]["status"]
    assert all(found["status"] == status for found in client.get_service_requests(status=status))
    return [service["service_code"] for service in services], [one["service_request_id"] for one in requests]


def main(url):
    of = jurisdiction(url)
    told = {form: read(url, of, form) for form in ("json", "xml")}
    assert told["json"] == told["xml"], "both forms tell the same"
    services, requests = told["json"]
    print(f"georeport read {len(services)} services and {len(requests)} requests, the same in JSON and XML")


main(sys.argv[1])
