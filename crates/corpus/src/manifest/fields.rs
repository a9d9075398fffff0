//! The fields of a manifest's line, with errors that say what a field should be.

use linnet_text::{Record, wrong_type};
use serde_json::Value;

/// The fields of a line that have not been read yet. `null` stands for a field that isn't there.
pub(super) struct Fields(pub(super) Record);

impl Fields {
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str, example: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(name, &other, &format!("a string, as \"{example}\""))),
        }
    }

    /// A name, which some tools write as a number.
    pub(super) fn name(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(other) => Err(wrong_type(name, &other, "a name, as \"fash\"")),
        }
    }

    /// Seconds.
    pub(super) fn seconds(&mut self, name: &str) -> Result<Option<f64>, String> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match value.as_f64() {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(wrong_type(name, &value, "a number of seconds, as 1.5")),
        }
    }

    /// A whole number from 0; `example` is one.
    pub(super) fn count(&mut self, name: &str, example: u32) -> Result<Option<u32>, String> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match value.as_u64().and_then(|count| u32::try_from(count).ok()) {
            Some(count) => Ok(Some(count)),
            None => Err(wrong_type(name, &value, &format!("a whole number from 0, as {example}"))),
        }
    }

    /// The fields of an object.
    pub(super) fn object(&mut self, name: &str, example: &str) -> Result<Option<Self>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self(fields))),
            Some(other) => Err(wrong_type(name, &other, &format!("an object, as {example}"))),
        }
    }
}
