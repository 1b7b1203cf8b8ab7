/* A disk that is full or slow on demand, for one process: preloaded, it stands before libc's write, read and pread64.
 *
 * HOMEQOS_DISK_OF names the folder it concerns, HOMEQOS_DISK a file. While that file says `full`, what is written below
 * the folder fails with ENOSPC; while it says `slow`, each call there waits a third of a second. The file with `.met` at
 * its name's end tells that a call has met either. Without the file everything is as without this library. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static const struct timespec A_THIRD = {0, 333000000};

/* Whether the file that `fd` is lies below the folder. */
static int concerns(int fd) {
  const char *folder = getenv("HOMEQOS_DISK_OF");
  char link[32], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (folder == NULL || length <= 0) return 0;
  path[length] = 0;
  size_t prefix = strlen(folder);
  return strncmp(path, folder, prefix) == 0 && path[prefix] == '/';
}

/* What befalls a call on `fd` now: 'f' for full, 's' for slow, 0 for nothing. */
static char befalls(int fd) {
  const char *control = getenv("HOMEQOS_DISK");
  char word = 0;
  int said = control == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC);
  if (said < 0) return 0;
  if (syscall(SYS_read, said, &word, 1) != 1 || !concerns(fd)) word = 0;
  syscall(SYS_close, said);
  return word;
}

static void tell(void) {
  char met[4096];
  snprintf(met, sizeof met, "%s.met", getenv("HOMEQOS_DISK"));
  long fd = syscall(SYS_openat, AT_FDCWD, met, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  if (fd >= 0) syscall(SYS_close, fd);
}

/* Waits where the disk is slow; whether it is full. The caller's errno is left alone. */
static int is_full(int fd) {
  int before = errno;
  char word = befalls(fd);
  if (word == 's') nanosleep(&A_THIRD, NULL);
  if (word == 's' || word == 'f') tell();
  errno = before;
  return word == 'f';
}

ssize_t write(int fd, const void *bytes, size_t count) {
  if (is_full(fd)) {
    errno = ENOSPC;
    return -1;
  }
  return syscall(SYS_write, fd, bytes, count);
}

ssize_t read(int fd, void *bytes, size_t count) {
  is_full(fd);
  return syscall(SYS_read, fd, bytes, count);
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t at) {
  is_full(fd);
  return syscall(SYS_pread64, fd, bytes, count, at);
}
