//! How a request ended.

use core::fmt;

/// Status of a finished request, as the control slot, the result and the consumer callback carry it.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Not finished yet.
    None = 0,
    /// The model gave its end token, or a program of one step its answer.
    Stop = 1,
    /// `max_tokens` were generated.
    Length = 2,
    /// The context is full.
    ContextFull = 3,
    /// The prompt has more tokens than the context, or more than a program of one step reads.
    PromptTooLong = 4,
    /// The prompt has no token, or fewer bytes than a program of one step reads.
    EmptyPrompt = 5,
    /// The answer's text exceeds the output slot and was cut there.
    OutputFull = 6,
    /// The program's last step came before the request was done.
    StepLimit = 7,
}

impl Status {
    /// All statuses, by code.
    pub const ALL: [Status; 8] = [
        Status::None,
        Status::Stop,
        Status::Length,
        Status::ContextFull,
        Status::PromptTooLong,
        Status::EmptyPrompt,
        Status::OutputFull,
        Status::StepLimit,
    ];

    /// The status of a code, if there is one.
    pub fn from_code(code: u32) -> Option<Status> {
        Status::ALL.get(code as usize).copied()
    }

    /// The code.
    pub const fn code(self) -> u32 {
        self as u32
    }
}

/// A status as the control slot and a result carry it: any word. The chain hashes it whole, so that a word without a name is a result too,
/// and is never made into another here.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusCode(u32);

impl StatusCode {
    /// The whole word.
    pub const fn code(self) -> u32 {
        self.0
    }

    /// The status that it is the code of, if there is one.
    pub fn named(self) -> Option<Status> {
        Status::from_code(self.0)
    }
}

impl From<u32> for StatusCode {
    fn from(word: u32) -> Self {
        StatusCode(word)
    }
}

impl From<Status> for StatusCode {
    fn from(status: Status) -> Self {
        StatusCode(status.code())
    }
}

impl PartialEq<Status> for StatusCode {
    fn eq(&self, status: &Status) -> bool {
        self.0 == status.code()
    }
}

/// The status's name, else the word.
impl fmt::Debug for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.named() {
            Some(status) => fmt::Debug::fmt(&status, f),
            None => write!(f, "Unknown({})", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_without_a_name_stays_what_it_is() {
        for word in [8, 255, 256, 257, 0x8000_0001, u32::MAX] {
            let code = StatusCode::from(word);
            assert_eq!((code.code(), code.named()), (word, None));
            assert!(Status::ALL.iter().all(|status| code != *status));
        }
        assert_eq!(
            alloc::format!("{:?}", StatusCode::from(257)),
            "Unknown(257)"
        );
        assert_eq!(alloc::format!("{:?}", StatusCode::from(2)), "Length");
        assert_eq!(StatusCode::from(7), Status::StepLimit);
    }
}
