#ifndef C_LINUX_H
#define C_LINUX_H

// Thin wrappers around calls that the Glibc module does not import as such.

#include <errno.h>
#include <malloc.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

/// `send(2)` without blocking and without SIGPIPE. Returns the bytes taken, or -errno.
static inline ssize_t clinux_send(int fd, const void *bytes, size_t count) {
  ssize_t sent = send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? -(ssize_t)errno : sent;
}

/// Gives free heap pages back to the system. Takes milliseconds: not for an event loop.
static inline int clinux_malloc_trim(void) { return malloc_trim(0); }

/// The soft limit of open descriptors, or -errno.
static inline long clinux_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -(long)errno;
  return limit.rlim_cur > 1000000000 ? 1000000000 : (long)limit.rlim_cur;
}

/// Raises the soft limit of open descriptors to the hard one. Returns the limit then, or -errno.
static inline long clinux_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -(long)errno;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return -(long)errno;
  return clinux_descriptor_limit();
}

/// A descriptor that is readable after something was written to it: eight bytes, a number that is added up. Or -errno.
static inline int clinux_event_descriptor(void) {
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

/// Fills in what tells one state of a file from another: device, inode, size, times of content and of inode. 0, or -errno.
static inline int clinux_file_stamp(const char *path, int64_t *values) {
  struct stat status;
  if (stat(path, &status) != 0) return -errno;
  values[0] = (int64_t)status.st_dev;
  values[1] = (int64_t)status.st_ino;
  values[2] = (int64_t)status.st_size;
  values[3] = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
  values[4] = (int64_t)status.st_ctim.tv_sec * 1000000000 + status.st_ctim.tv_nsec;
  values[5] = (int64_t)status.st_mode;
  return 0;
}

#endif
