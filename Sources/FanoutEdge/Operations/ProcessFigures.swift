import Glibc

/// What the system says of this process.
package struct ProcessFigures: Sendable, Hashable {
  /// Bytes in memory.
  package var residentBytes: Int?
  /// Descriptors open.
  package var openDescriptors: Int?
  /// Descriptors that it may have.
  package var descriptorLimit: Int?
  /// Processor time used, in milliseconds.
  package var processorMilliseconds: Int?

  /// The figures now; what the system does not say is `nil`.
  package static func current() -> ProcessFigures {
    var figures = ProcessFigures()
    if let text = try? SystemFile.read("/proc/self/statm") {
      let words = String(decoding: text, as: UTF8.self).split(separator: " ")
      if words.count > 1, let pages = Int(words[1]) {
        figures.residentBytes = pages * Int(sysconf(Int32(_SC_PAGESIZE)))
      }
    }
    if let directory = opendir("/proc/self/fd") {
      var count = 0
      while readdir(directory) != nil { count += 1 }
      closedir(directory)
      // `.`, `..`, and the directory itself.
      figures.openDescriptors = max(0, count - 3)
    }
    figures.descriptorLimit = DescriptorLimit.current
    var usage = rusage()
    if getrusage(RUSAGE_SELF.rawValue, &usage) == 0 {
      let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
      let microseconds = Int(usage.ru_utime.tv_usec) + Int(usage.ru_stime.tv_usec)
      figures.processorMilliseconds = seconds * 1000 + microseconds / 1000
    }
    return figures
  }
}
