//! One pass over the collected contract: security, the answers and headers that every operation has, and the bounds
//! that follow from a type.

use serde_json::{Value, json};

use crate::access::{OPERATIONS, Who, rows};

/// Completes the document in place.
pub fn complete(document: &mut Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for item in paths.values_mut() {
        let Some(item) = item.as_object_mut() else { continue };
        for (method, operation) in item.iter_mut() {
            complete_operation(method, operation);
        }
    }
}

fn complete_operation(_method: &str, operation: &mut Value) {
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !is_public(&id)
        && let Some(operation) = operation.as_object_mut()
    {
        operation.insert("security".into(), json!([{ "bearer": [] }]));
    }
}

/// Whether an operation needs no sign-in.
pub fn is_public(operation: &str) -> bool {
    OPERATIONS
        .iter()
        .filter(|(id, _)| *id == operation)
        .any(|(_, permission)| rows(*permission).any(|who| who == Who::Public))
}
