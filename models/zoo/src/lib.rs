//! The embedded default model: it reads a short DAO proposal and answers with its category and a one-line reason.
//!
//! The file is an ordinary Llama-architecture GGUF (Q8_0 matrices, F32 norms), trained by the scripts in `train/`; what it was
//! trained on, how well it does and what it can't do is in `MODEL_CARD.md`. Using it needs none of the scripts.
//!
//! ```
//! let prompt = gavel_zoo::prompt("Swap 250,000 USDC of the treasury into stETH.");
//! assert_eq!(prompt, "Proposal: Swap 250,000 USDC of the treasury into stETH.\nAnswer:");
//! ```

/// The GGUF file.
pub const MODEL: &[u8] = include_bytes!("../gavel-dao-clerk.gguf");

/// The model's name, as in its file under `general.name`.
pub const MODEL_NAME: &str = "gavel-dao-clerk";

/// Every category that the model answers with: the text before the colon, without the leading space.
pub const CATEGORIES: [&str; 8] = [
    "council",
    "grant",
    "incentive",
    "listing",
    "parameter",
    "security",
    "treasury",
    "upgrade",
];

/// A longer answer than any the model was trained to give, in tokens: a sensible limit for a request.
pub const MAX_ANSWER_TOKENS: u32 = 64;

/// The text to send for a proposal. The model saw no other form, so contracts and clients should ask in this one.
#[must_use]
pub fn prompt(proposal: &str) -> String {
    format!("Proposal: {proposal}\nAnswer:")
}

/// The category of an answer, if it has one of the known ones. Answers look like `" grant: pays Kaven Labs 900 DAI for a voting app"`.
#[must_use]
pub fn category(answer: &str) -> Option<&'static str> {
    let (word, _reason) = answer.split_once(':')?;
    CATEGORIES
        .into_iter()
        .find(|&known| known == word.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The default model is committed, so it has to stay small.
    const SIZE_LIMIT: usize = 5 << 20;

    #[test]
    fn the_file_is_a_small_gguf_of_version_3() {
        assert_eq!(&MODEL[..8], b"GGUF\x03\0\0\0");
        assert!(MODEL.len() <= SIZE_LIMIT, "{} bytes", MODEL.len());
    }

    #[test]
    fn the_file_carries_the_name() {
        let mut field = (MODEL_NAME.len() as u64).to_le_bytes().to_vec();
        field.extend(MODEL_NAME.as_bytes());
        assert!(
            MODEL[..1024]
                .windows(field.len())
                .any(|window| window == field)
        );
    }

    /// The list of the generator, which wrote the file.
    #[test]
    fn the_categories_are_the_generators() {
        let quoted = CATEGORIES
            .map(|category| format!("\"{category}\""))
            .join(", ");
        assert!(include_str!("../heldout.json").contains(&format!("\"categories\": [{quoted}]")));
    }

    #[test]
    fn a_category_is_the_known_word_before_the_colon() {
        assert_eq!(category(" treasury: swaps 5 DAI for ETH"), Some("treasury"));
        assert_eq!(category(" treason: swaps 5 DAI for ETH"), None);
        assert_eq!(category(" treasury"), None);
        assert_eq!(category(""), None);
    }
}
