//! The chain as the daemons see it: bindings, log reader and transaction sender.
