import Testing

/// The promises of `docs/guarantees.md`, tried against the real executables.
///
/// One test at a time: they load the machine, count what it does, and some need most of its descriptors.
@Suite(.serialized) struct EndToEnd {}
