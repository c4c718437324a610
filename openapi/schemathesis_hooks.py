"""What every client does, and made-up requests cannot know: a new key for each write, no cursors of one's own, and the
ids and versions that the service told. Without those, most requests would end at 404, before anything is decided."""

import re
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from itertools import count
from random import Random

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData

# Whoever sees most of the demo is asked for what there is.
GUIDES = ["candidate", "community", "property", "street"]
# What an id is of, where its name does not say so.
THINGS = {"children": "place", "complex": "place", "held_at": "place", "home": "place", "parent": "place",
          "photo": "upload", "scan": "upload", "roll-import": "operation", "selections": "candidate"}  # fmt: skip
# How many of each kind are named: one place is much like the next.
MOST = 12

# What the contract allows and the service refuses, because no schema can say it: the problem (or member, or code of a
# rule), where, and what it is that cannot be said.
EXCUSED = {
    # Which ids are of a complex.
    "NOT_A_COMPLEX": {"read_roll", "check_roll", "import_roll", "list_roll_objections", "list_roll_changes",
        "list_representations"},
    "INPUT_INVALID/place_id": {"list_claims", "report_incident", "read_promise", "create_poll", "plan_outage",
        "create_patrol_route", "plan_visit", "find_matches"},  # of which level a place is, and in whose complex
    "INPUT_INVALID/points/*/place_id": {"create_patrol_route"},  # which places are in the complex of a route
    "INPUT_INVALID/commitments": {"minute_whistle"},  # who was convened
    "INPUT_INVALID/rules/*:UNKNOWN": {"create_poll", "update_poll"},  # a poll of opinion knows fewer rules
    "INPUT_INVALID/filter/place_id": {"save_view", "update_view"},  # which places are parts of a desk's
    "INPUT_INVALID/masks": {"redact_incident", "decide_content"},  # how long a text is, and where it was masked before
    "INPUT_INVALID/from": {"plan_outage", "publish_formula"},  # how far from now it may be
    # Which of two moments is the later one, and how far from now it may be.
    "INPUT_INVALID/until": {"plan_outage", "extend_outage", "pause_programme", "pause_poll", "appoint_incident",
        "begin_silence"},
    "INPUT_INVALID/shifts": {"set_rota"},  # who fills the post
    "INPUT_INVALID/shifts/*/last_day": {"set_rota"},  # which of two days is the later one
    "INPUT_INVALID/substitutions/*": {"set_rota"},  # that nobody stands in for themselves, or is not there twice
    "INPUT_INVALID/asks": {"do_deed"},  # that only a note asks for something, and says what
    "INPUT_INVALID/members": {"do_deed"},  # that a group has members, of whom one chairs it, and no other deed has any
    "INPUT_INVALID/members/*/home_id": {"do_deed"},  # that owners have homes on the roll, each once
    "GROUP_UNLAWFUL": {"do_deed"},  # how many a city asks for, and how many of them own
    "INPUT_INVALID/answers": {"do_deed"},  # what was said in a module, and that a reply answers a note
    "INPUT_INVALID/met_at": {"meet_poll_deadline"},  # since when its time runs, and what time it is
    "INPUT_INVALID/started_at": {"begin_patrol_round"},  # how far from now it may be
    "INPUT_INVALID/checked_at": {"check_patrol_point"},  # how far from now it may be
    "POINT_UNKNOWN": {"check_patrol_point"},  # which codes hang at the points of a route
    "API_KEY_PLACE_MISFIT": {"list_api_keys", "issue_api_key"},  # which ids are of a complex
    "WEBHOOK_ADDRESS_REFUSED": {"create_webhook"},  # which hosts anybody may call
    "EMAIL_CODE_WRONG": {"confirm_email"},  # which code a letter brought
    "TEMPLATE_FOREIGN": {"report_subscriptions"},  # which templates there are
    "INPUT_INVALID/template:UNKNOWN": {"begin_programme"},  # which templates a complex composed
    "INPUT_INVALID/member_id": {"begin_programme"},  # which templates are about a member of the committee
    "TEMPLATE_UNFIT/text": {"load_programme_template"},  # what a text in TOML or JSON has to say
    # That words are left out just where a template is named, and said where something is missing.
    "INPUT_INVALID/words": {"answer_incidents", "inspect_incident"},
    "INPUT_INVALID/template_id": {"answer_incidents"},  # either words or a template
    "INPUT_INVALID/assignee_id": {"assign_incident"},  # who fills the post that holds it
    "INPUT_INVALID/to_level": {"object_incident", "delegate_incident"},  # where anybody stands around a place
    "INPUT_INVALID/recurrence_of": {"report_incident"},  # which of one's troubles may have come back
    # Which categories never stack, when a cluster is named elsewhere in the request, or incidents by their ids.
    "NEVER_STACKS": {"report_incident", "merge_incidents"},
    "POST_CANNOT_BE_CONVENED": {"blow_whistle", "blow_whistle_over_incident"},  # who stands beside and above the caller
    "INPUT_INVALID/planned_for": {"plan_visit"},  # how far from now it may be
    "INPUT_INVALID/commitments/*/due_at": {"minute_whistle", "log_visit"},  # how far from now it may be
    "REQUIRED": {"list_changes"},  # that somebody with roles in several complexes has to name one
    "SCOPE": {"create_poll", "update_poll", "add_matter"},  # that some matters are for a whole complex to decide
    "INPUT_INVALID/coverage": {"import_roll"},  # that a whole roll is taken with all its rows
    "ROLL_PLACE_MISFIT": {"object_roll", "propose_roll_change", "propose_representation"},  # which ids are of a home
    # How many owners a home has and what they are, that an office shows a document, who is signed up, and the time.
    "REPRESENTATION_UNFIT": {"propose_representation"},
    "REPRESENTATION_UNPROVEN": {"propose_representation"},
    "PERSON_UNKNOWN": {"propose_representation"},
    "INPUT_INVALID/person/ends_at": {"propose_representation"},
    "ROLL_OWNER_UNFIT": {"propose_roll_change"},  # how many owners a home has, and who else has their numbers
    "INPUT_INVALID/objection_id": {"propose_roll_change"},  # which objections are to this home
    "INPUT_INVALID/change/add/*/id_number": {"propose_roll_change"},  # the check digit, and the ways to type it
    "INPUT_INVALID/change/add/*/phone": {"propose_roll_change"},  # the ways in which people type a phone
    "OWNER_UNKNOWN": {"confirm_claim"},  # how many owners a home has
    "NOT_A_HOME": {"claim_home", "issue_door_code"},  # which ids are of a home
    "ROLE_PLACE_MISFIT": {"grant_role"},  # of which level a place is, when the role is elsewhere in the request
    # Which photos are one's own, and new.
    "PHOTO_NOT_YOURS": {
        "report_incident", "handle_incident", "give_mandate", "enter_paper", "object_roll", "propose_roll_change",
        "note_services", "propose_representation", "find_matches",
    },
    "INPUT_INVALID/photo_id": {"update_page"},  # which photos are one's own
    "EVIDENCE_MISSING": {"handle_incident"},  # for which trouble a photo is needed
    "SIGNATURE_UNREADABLE": {"claim_home"},  # that a typed one is not blank, and whether bytes are a picture
    "PROXY_CODE_WRONG": {"give_mandate"},  # which codes are good now
    "PROXY_BARRED": {"give_mandate", "cast_ballot"},  # who a proxy is, and which rules a poll froze
    "INPUT_INVALID/matter_ids": {"give_mandate"},  # which matters a poll has, and that some are named just where it says so
    "MANDATE_OUTSIDE": {"cast_ballot"},  # for which matters a mandate is
    "MANDATE_OF_ANOTHER_POLL": {"cast_ballot"},  # which poll a mandate was given for
    "BALLOT_UNFIT": {"cast_ballot", "enter_paper", "adjudicate_paper"},  # which candidates and texts this ballot has
    "MATTER_ELSEWHERE": {"cast_ballot", "enter_paper", "adjudicate_paper"},  # which texts this poll has
    "INPUT_INVALID/home_ids": {"issue_papers"},  # that a head or a home is named, and which are on the roll
    "INPUT_INVALID/home_ids/*": {"issue_papers"},  # which homes are on the roll
    "INPUT_INVALID/head_ids/*": {"issue_papers", "note_services"},  # which heads are on the roll
    "TOO_MANY_SELECTIONS": {"cast_ballot"},  # how many this ballot lets choose
    "INPUT_INVALID/opens_at": {"create_poll", "update_poll"},  # how far from now it may be
    "INPUT_INVALID/closes_at": {"create_poll", "update_poll"},  # which of two moments is the later one
    "INPUT_INVALID/ends_at": {"grant_role"},  # which of two moments is the later one
    "INPUT_INVALID/external/key": {"create_poll", "update_poll"},  # whose keys are trusted where it runs
    "INPUT_INVALID/seats": {"create_poll", "update_poll"},  # that there are some just when members are elected
    "INPUT_INVALID/seats_filled": {"create_poll"},  # that only an election completes a committee
    "INPUT_INVALID/since": {"note_vacancy"},  # since when there is a committee, and what time it is
    # What is asked of the rules weighed against the law, what city and by-laws say, and its own other values.
    "OPINION_APART": {"create_poll", "add_matter"},  # what is a matter of Civil Code 278, and what is none
    "PACK_OF_OPINION": {"adopt_pack"},  # which packs are for polls of opinion alone
    "RULES_UNLAWFUL": {"create_poll", "update_poll", "record_bylaws"},
    "INPUT_INVALID/served_at": {"note_services"},  # since when there is something to serve, and what time it is
    "RULE_NOT_YOURS": {"create_poll", "update_poll", "record_bylaws"},
    "RULE_BOUND": {"create_poll", "update_poll", "record_bylaws"},  # which of two numbers is the larger one
    "LEVEL": {"adopt_pack", "record_bylaws", "begin_programme", "load_programme_template"},  # of which level a place is
    "INPUT_INVALID/id_number": {"claim_home"},  # the check digit, and the ways in which people type it
    "DOOR_CODE_WRONG": {"use_door_code"},  # the code
    "INCIDENT_DIVERTED": {"report_incident"},  # that the fire brigade does not read tickets
    "INPUT_MALFORMED": {"create_upload"},  # that the names of form fields have no control characters
    "PHOTO_TYPE_UNSUPPORTED": {"create_upload"},  # whether bytes are a photo
    "PHOTO_UNREADABLE": {"create_upload"},  # whether bytes are a photo
    "ROLL_FILE_UNREADABLE": {"check_roll", "import_roll"},  # whether bytes are a table
    "IMPOSSIBLE": {"evaluate_rules"},  # numbers weighed against one another: parts above their sum, an id twice
    "TEXT": {"evaluate_rules", "publish_formula", "publish_policy"},  # that what may be anything holds no NUL however deep
    "INPUT_INVALID/says": {"publish_policy"},  # what a layer of a policy can say, of which level, in which unit
    "CONTRADICTION": {"publish_policy"},  # what is said weighed against what the places above say
    "UNREACHABLE": {"publish_policy"},  # the same
    "BODY_TOO_LARGE": {"evaluate_rules"},  # the bytes of a whole body; the lists' own bounds also serve the command line
}

keys = count(1)
chance = Random(20260301)
known = defaultdict(list)
versions = {}
# Whoever gave up their own role would see no more than a stranger for the rest of the run.
own_roles = set()
# Rolls and polls belong to them, so they are named more often than other places.
complexes = set()


def days_from_now(days):
    return (datetime.now(timezone.utc) + timedelta(days=days)).isoformat(timespec="seconds")


def thing(name):
    """`places`, `place_id` and `parent_id` are of a place."""
    name = name.removesuffix("_ids").removesuffix("_id").removesuffix("s")
    return THINGS.get(name) or THINGS.get(name + "s") or name


def learn(told, of, name=""):
    """Takes the ids out of what was told."""
    if isinstance(told, dict):
        for member, inner in told.items():
            learn(inner, of if member in ("id", "items") else thing(member), member)
    elif isinstance(told, list):
        for inner in told:
            learn(inner, of, name)
    elif isinstance(told, str) and (name == "id" or name.endswith(("_id", "_ids"))):
        if told not in own_roles and told not in known[of] and len(known[of]) < MOST:
            known[of].append(told)


def listed(path):
    """What the `id`s in an answer are of: `/v1/polls/{poll_id}` tells a poll, `…/candidates` candidates."""
    return thing([part for part in path.split("/") if part and part[0] != "{"][-1])


def look_around(address, login):
    """Reads the lists of the demo as somebody who signs in there."""
    session = requests.Session()
    session.trust_env = False
    token = session.post(f"{address}/v1/sessions", json={"grant": "DEMO", "login": login}).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"

    def read(path):
        answer = session.get(f"{address}/v1/{path}").json()
        learn(answer, listed(path.partition("?")[0]))
        return [item["id"] for item in answer.get("items", []) if "id" in item]

    roles = session.get(f"{address}/v1/me").json()["roles"]
    own_roles.update(role["id"] for role in roles)
    complexes.update(role["complex_id"] for role in roles if "complex_id" in role)
    places = read("places")
    while places:
        place = places[-1]
        read(f"places/{place}/roles")
        for list_of in ("polls?", "incidents?scope=BELOW&", "claims?scope=WAITING&"):
            read(f"{list_of}place_id={place}")
        places = read(f"places/{place}/children?limit=2")
    for mine in ("incidents?scope=HELD", "incidents?scope=MINE", "claims"):
        read(mine)
    for poll in list(known["poll"]):
        for list_of in ("candidates", "heads", "result"):
            read(f"polls/{poll}/{list_of}")


def told_before(value, name):
    """An id that was told, in place of a made-up one; one in four stays made up."""
    choice = known.get(thing(name), [])
    return chance.choice(choice) if choice and value not in choice and chance.random() < 0.75 else value


def with_known_ids(value, name=""):
    if isinstance(value, dict):
        return {member: with_known_ids(inner, member) for member, inner in value.items()}
    if isinstance(value, list):
        named = [with_known_ids(inner, name) for inner in value]
        # Where each may be named once, two must not become one.
        return value if any(one in named[:at] for at, one in enumerate(named)) else named
    names_one = name.endswith(("_id", "_ids")) or name == "selections"
    return told_before(value, name) if isinstance(value, str) and names_one else value


@schemathesis.hook
def before_call(context, case, kwargs):
    if not own_roles:
        address = case.operation.schema.get_base_url()
        for login in GUIDES:
            look_around(address, login)
        known["place"] += sorted(complexes) * (MOST // 2)
    key = (case.headers or {}).get("Idempotency-Key")
    # One that is refused anyway stays as it is.
    if isinstance(key, str) and 8 <= len(key) <= 128 and all("!" <= letter <= "~" for letter in key):
        case.headers["Idempotency-Key"] = f"made-up-{next(keys):08}"

    def is_good(location):
        return case.meta is None or not case.meta.is_negative_at(location)

    def name_known_ids(container):
        made_up = getattr(case, container)
        named = with_known_ids(made_up)
        if named != made_up:
            setattr(case, container, named)

    if case.query and is_good(ParameterLocation.QUERY):
        # Only the service makes them, for one list and one viewer; any other is refused.
        case.query.pop("cursor", None)
        # The answer to a long poll comes when its time is over, and is the same after a second.
        if str(case.query.get("wait", "")).isdigit():
            case.query["wait"] = min(int(case.query["wait"]), 1)
        name_known_ids("query")
    if case.path_parameters and is_good(ParameterLocation.PATH):
        name_known_ids("path_parameters")
    if isinstance(case.body, dict) and is_good(ParameterLocation.BODY):
        name_known_ids("body")
        if {"opens_at", "closes_at"} <= set(case.body) and chance.random() < 0.5:
            # Two made-up moments are hardly ever a time for voting.
            case.body = case.body | {"opens_at": days_from_now(8), "closes_at": days_from_now(20)}
    version = versions.get(case.formatted_path)
    if version and "If-Match" in (case.headers or {}) and is_good(ParameterLocation.HEADER):
        if chance.random() < 0.75:
            case.headers["If-Match"] = version


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code in (200, 201, 202) and "json" in response.headers.get("content-type", [""])[0]:
        learn(response.json(), listed(case.path))
    if "etag" in response.headers:
        versions[case.formatted_path] = response.headers["etag"][0]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if not isinstance(failure, RejectedPositiveData):
        return True
    told = response.json()
    problem = told["type"].rpartition("/")[2]
    operation = case.operation.definition.raw["operationId"]

    def is_excused(error):
        pointer = re.sub(r"/\d+|(?<=^/rules)/\w+", "/*", error["pointer"])
        names = (problem + pointer, f"{problem}{pointer}:{error['code']}", error["code"])
        return any(operation in EXCUSED.get(name, ()) for name in names)

    errors = told.get("errors") or [{"pointer": "", "code": problem}]
    return not all(is_excused(error) for error in errors)
