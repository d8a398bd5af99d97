//! What products with matrices share.

use super::Call;
use crate::ImportError;
use crate::network::Numbers;
use gavel_program::Operand;

/// Most columns of a matrix (the operator's domain).
const MOST_COLUMNS: u32 = 1 << 19;

/// The first input, all of whose numbers are in its last dimension.
pub(super) fn row(call: &Call<'_, '_>) -> Result<(Numbers, Vec<u32>), ImportError> {
    let (x, dims) = call.numbers(0)?;
    if dims.last() == Some(&x.len) && (1..=MOST_COLUMNS).contains(&x.len) {
        return Ok((x, dims));
    }
    let expected = "all in the last dimension, at most 2^19";
    Err(call.refused("an input of shape", format!("{dims:?}"), expected))
}

/// The second input as a matrix that takes `columns` numbers, with its number of rows; by rows as it lies in the file, else by columns, and
/// turned at import.
pub(super) fn matrix(
    call: &mut Call<'_, '_>,
    columns: u32,
    is_by_rows: bool,
) -> Result<(Operand, u32), ImportError> {
    let (constant, words) = call.floats(1)?;
    let rows = match (constant.dims.as_slice(), is_by_rows) {
        ([rows, inner], true) | ([inner, rows], false) if *inner == columns => *rows,
        (got, _) => {
            let expected = match is_by_rows {
                true => format!("(rows, {columns})"),
                false => format!("({columns}, columns)"),
            };
            return Err(call.refused("weights of shape", format!("{got:?}"), &expected));
        }
    };
    if is_by_rows {
        return Ok((call.weight(&constant, words)?, rows));
    }
    let (elements, rows) = ((*words).as_ref(), rows as usize);
    let turned = || {
        let element = |at: usize| elements[at % columns as usize * rows + at / columns as usize];
        (0..elements.len()).map(element).collect()
    };
    let len = elements.len() as u32;
    let matrix = call.network().made(&constant.name, len, turned)?;
    Ok((matrix, rows as u32))
}
