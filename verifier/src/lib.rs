//! The watcher and player daemon.
