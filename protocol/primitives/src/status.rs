//! How a request ended.

/// Status of a finished request, as the control slot, the result and the consumer callback carry it.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Not finished yet.
    None = 0,
    /// The model gave its end token.
    Stop = 1,
    /// `max_tokens` were generated.
    Length = 2,
    /// The context is full.
    ContextFull = 3,
    /// The prompt has more tokens than the context.
    PromptTooLong = 4,
    /// The prompt has no token.
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
