//! Models.

use super::ApiState;
use axum::{Json, extract::State};
use serde_json::{Value, json};

/// The one model, in OpenAI's form, with what it commits to.
pub(super) async fn list(State(state): State<ApiState>) -> Json<Value> {
    let program = state.parts().answers.program();
    let header = &program.header;
    Json(json!({
        "object": "list",
        "data": [{
            "id": state.config().model,
            "object": "model",
            "created": 0,
            "owned_by": "gavel",
            "gavel": {
                "program_id": program.id.to_string(),
                "lane": state.parts().lane,
                "context": header.context,
                "max_prompt_bytes": header.max_prompt_bytes,
                "max_output_bytes": header.max_output_bytes,
            },
        }],
    }))
}
