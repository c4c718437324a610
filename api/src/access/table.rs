//! The access table itself. `linli access` prints it; a test walks every operation, role and relation against it.

use super::{
    Relation::{SameBuilding, SameCommunity, SameComplex, SameDistrict, SameStreet, SameUnit},
    Role::{
        Admin, BuildingLeader, CommitteeMember, CommunityOfficer, Developer, Family, Owner, Preparer,
        PropertyManager, StreetOfficer, Supervisor, Tenant, UnitLeader,
    },
    Who::{self, Concerned, Public, Role, SignedIn},
};

/// What can be permitted. Named as the deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Permission {
    SignIn,
    ReadPublic,
    ReadOwn,
    UseOwn,
    ReadPlace,
    GrantRole,
    ImportRoll,
    ReadRoll,
    ClaimHome,
    ReadClaim,
    DecideClaim,
    IssueDoorCode,
    PreparePoll,
    ReadPoll,
    WritePage,
    CastBallot,
    WatchPoll,
    ReadResult,
    AskRules,
    SendPhoto,
    ReadPhoto,
    ReportIncident,
    ReadIncident,
    WorkIncident,
    AnswerIncident,
    ReadRecord,
}

/// Everybody who lives or owns there.
const RESIDENTS: [Who; 3] = [Role(Owner, SameComplex), Role(Family, SameComplex), Role(Tenant, SameComplex)];

/// Who is granted what, up to which relation.
pub const TABLE: &[(Permission, &[Who])] = &[
    (Permission::SignIn, &[Public]),
    (Permission::ReadPublic, &[Public]),
    (Permission::ReadOwn, &[SignedIn]),
    (Permission::UseOwn, &[Concerned]),
    (Permission::ReadPlace, &[SignedIn]),
    (
        Permission::GrantRole,
        &[Role(CommunityOfficer, SameCommunity), Role(StreetOfficer, SameStreet), Role(Admin, SameDistrict)],
    ),
    (
        Permission::ImportRoll,
        &[
            Role(PropertyManager, SameComplex),
            Role(Preparer, SameComplex),
            Role(CommunityOfficer, SameCommunity),
            Role(Admin, SameDistrict),
        ],
    ),
    (Permission::ReadRoll, &RESIDENTS),
    (
        Permission::ReadRoll,
        &[
            Role(UnitLeader, SameComplex),
            Role(BuildingLeader, SameComplex),
            Role(PropertyManager, SameComplex),
            Role(CommitteeMember, SameComplex),
            Role(Preparer, SameComplex),
            Role(Developer, SameComplex),
            Role(Supervisor, SameComplex),
            Role(CommunityOfficer, SameCommunity),
            Role(StreetOfficer, SameStreet),
            Role(Admin, SameDistrict),
        ],
    ),
    (Permission::ClaimHome, &[SignedIn]),
    (
        Permission::ReadClaim,
        &[Concerned, Role(PropertyManager, SameComplex), Role(CommunityOfficer, SameCommunity)],
    ),
    (Permission::DecideClaim, &[Role(PropertyManager, SameComplex), Role(CommunityOfficer, SameCommunity)]),
    (Permission::IssueDoorCode, &[Role(PropertyManager, SameComplex), Role(CommunityOfficer, SameCommunity)]),
    (Permission::PreparePoll, &[Role(Preparer, SameComplex), Role(CommunityOfficer, SameCommunity)]),
    (Permission::ReadPoll, &RESIDENTS),
    (
        Permission::ReadPoll,
        &[
            Concerned,
            Role(UnitLeader, SameComplex),
            Role(BuildingLeader, SameComplex),
            Role(PropertyManager, SameComplex),
            Role(CommitteeMember, SameComplex),
            Role(Preparer, SameComplex),
            Role(Developer, SameComplex),
            Role(Supervisor, SameComplex),
            Role(CommunityOfficer, SameCommunity),
            Role(StreetOfficer, SameStreet),
            Role(Admin, SameDistrict),
        ],
    ),
    (Permission::WritePage, &[Concerned]),
    (Permission::CastBallot, &[Role(Owner, SameComplex)]),
    (
        Permission::WatchPoll,
        &[
            Role(Preparer, SameComplex),
            Role(Supervisor, SameComplex),
            Role(CommunityOfficer, SameCommunity),
            Role(StreetOfficer, SameStreet),
        ],
    ),
    (Permission::ReadResult, &RESIDENTS),
    (
        Permission::ReadResult,
        &[
            Role(UnitLeader, SameComplex),
            Role(BuildingLeader, SameComplex),
            Role(PropertyManager, SameComplex),
            Role(CommitteeMember, SameComplex),
            Role(Preparer, SameComplex),
            Role(Developer, SameComplex),
            Role(Supervisor, SameComplex),
            Role(CommunityOfficer, SameCommunity),
            Role(StreetOfficer, SameStreet),
            Role(Admin, SameDistrict),
        ],
    ),
    (Permission::AskRules, &[SignedIn]),
    (Permission::SendPhoto, &[SignedIn]),
    (Permission::ReadPhoto, &[Concerned]),
    (Permission::ReportIncident, &RESIDENTS),
    (
        Permission::ReportIncident,
        &[
            Role(UnitLeader, SameComplex),
            Role(BuildingLeader, SameComplex),
            Role(PropertyManager, SameComplex),
            Role(CommitteeMember, SameComplex),
            Role(CommunityOfficer, SameCommunity),
        ],
    ),
    (Permission::ReadIncident, &[Concerned]),
    (
        Permission::ReadIncident,
        &[
            Role(UnitLeader, SameUnit),
            Role(BuildingLeader, SameBuilding),
            Role(PropertyManager, SameComplex),
            Role(CommunityOfficer, SameCommunity),
            Role(StreetOfficer, SameStreet),
            Role(Admin, SameDistrict),
        ],
    ),
    (
        Permission::WorkIncident,
        &[
            Role(UnitLeader, SameUnit),
            Role(BuildingLeader, SameBuilding),
            Role(PropertyManager, SameComplex),
            Role(CommunityOfficer, SameCommunity),
            Role(StreetOfficer, SameStreet),
            Role(Admin, SameDistrict),
        ],
    ),
    (Permission::AnswerIncident, &[Concerned]),
    (Permission::ReadRecord, &RESIDENTS),
    (
        Permission::ReadRecord,
        &[
            Role(UnitLeader, SameComplex),
            Role(BuildingLeader, SameComplex),
            Role(PropertyManager, SameComplex),
            Role(CommitteeMember, SameComplex),
            Role(Preparer, SameComplex),
            Role(Developer, SameComplex),
            Role(Supervisor, SameComplex),
            Role(CommunityOfficer, SameCommunity),
            Role(StreetOfficer, SameStreet),
            Role(Admin, SameDistrict),
        ],
    ),
];

/// Which permission each operation of the contract asks for; where there are several, the thing or what is said about
/// it decides which.
///
/// One group a room, in the order of the rooms.
pub const OPERATIONS: &[(&str, Permission)] = &[
    // sessions
    ("create_session", Permission::SignIn),
    ("list_sessions", Permission::ReadOwn),
    ("delete_session", Permission::UseOwn),
    // places
    ("list_places", Permission::ReadOwn),
    ("read_place", Permission::ReadPlace),
    ("list_children", Permission::ReadPlace),
    // roll
    ("check_roll", Permission::ImportRoll),
    ("import_roll", Permission::ImportRoll),
    ("read_roll", Permission::ReadRoll),
    // operations
    ("read_operation", Permission::UseOwn),
    // identity
    ("claim_home", Permission::ClaimHome),
    ("list_claims", Permission::ReadOwn),
    ("list_claims", Permission::DecideClaim),
    ("read_claim", Permission::ReadClaim),
    ("confirm_claim", Permission::DecideClaim),
    ("refuse_claim", Permission::DecideClaim),
    ("withdraw_claim", Permission::UseOwn),
    ("issue_door_code", Permission::IssueDoorCode),
    ("use_door_code", Permission::UseOwn),
    ("save_phone", Permission::ReadOwn),
    ("read_me", Permission::ReadOwn),
    ("read_home", Permission::ReadOwn),
    ("grant_role", Permission::GrantRole),
    ("list_roles", Permission::GrantRole),
    ("read_role", Permission::GrantRole),
    ("read_role", Permission::DecideClaim),
    ("read_role", Permission::UseOwn),
    ("revoke_role", Permission::GrantRole),
    ("revoke_role", Permission::DecideClaim),
    ("revoke_role", Permission::UseOwn),
    // polls
    ("create_poll", Permission::PreparePoll),
    ("list_polls", Permission::ReadPoll),
    ("read_poll", Permission::ReadPoll),
    ("update_poll", Permission::PreparePoll),
    ("add_matter", Permission::PreparePoll),
    ("add_candidate", Permission::PreparePoll),
    ("list_candidates", Permission::ReadPoll),
    ("read_page", Permission::ReadPoll),
    ("update_page", Permission::WritePage),
    ("consent_candidate", Permission::WritePage),
    ("lock_poll", Permission::PreparePoll),
    ("cast_ballot", Permission::CastBallot),
    ("list_my_heads", Permission::CastBallot),
    ("check_receipt", Permission::ReadPoll),
    ("read_progress", Permission::WatchPoll),
    ("publish_poll", Permission::PreparePoll),
    ("read_result", Permission::ReadResult),
    ("read_list", Permission::ReadResult),
    ("evaluate_rules", Permission::AskRules),
    // incidents
    ("list_categories", Permission::ReadPublic),
    ("read_promise", Permission::ReportIncident),
    ("report_incident", Permission::ReportIncident),
    ("list_incidents", Permission::ReadOwn),
    ("read_incident", Permission::ReadIncident),
    ("read_clocks", Permission::ReadIncident),
    ("acknowledge_incident", Permission::WorkIncident),
    ("pause_incident", Permission::WorkIncident),
    ("resume_incident", Permission::WorkIncident),
    ("void_pause", Permission::WorkIncident),
    ("handle_incident", Permission::WorkIncident),
    ("confirm_incident", Permission::AnswerIncident),
    ("return_incident", Permission::AnswerIncident),
    ("reopen_incident", Permission::AnswerIncident),
    ("urge_incident", Permission::AnswerIncident),
    ("climb_incident", Permission::WorkIncident),
    ("climb_incident", Permission::AnswerIncident),
    ("withdraw_incident", Permission::AnswerIncident),
    // uploads
    ("create_upload", Permission::SendPhoto),
    // A photo that is attached is shown with what it is attached to: an incident, or a candidate's page.
    ("read_upload", Permission::ReadPhoto),
    ("read_upload", Permission::ReadIncident),
    ("read_upload", Permission::ReadPoll),
    // record
    ("list_changes", Permission::ReadRecord),
    // beside the rooms
    ("livez", Permission::ReadPublic),
    ("readyz", Permission::ReadPublic),
    ("read_problem", Permission::ReadPublic),
    ("read_document", Permission::ReadPublic),
];
