//! Keccak, domain tags, Merkle trees and proofs, newtypes, request and result encodings.
