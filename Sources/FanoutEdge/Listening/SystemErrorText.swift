import Glibc
import NIOCore
import NIOPosix

/// What a failed call of the system is called in a message for people.
package enum SystemErrorText {
  /// The system's words for an error of NIO's; of any other error its own words.
  package static func of(_ error: any Error) -> String {
    switch error {
    case let error as IOError: String(cString: strerror(error.errnoCode))
    case let error as NIOConnectionError where error.connectionErrors.count == 1:
      error.connectionErrors.first.map { of($0.error) } ?? "\(error)"
    default: "\(error)"
    }
  }
}
