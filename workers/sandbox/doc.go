// Package sandbox shuts a process in before it opens a file that a stranger made.
//
// The decoders behind a picture are large and old, and a file can be written to misuse them. So each job
// runs in a child that, before it reads its first byte:
//
//   - may map no more than a set amount of data (RLIMIT_DATA; RLIMIT_AS would count the address space that
//     Go and GDAL reserve and never touch), writes no core and no file above a cap;
//   - can open no socket but AF_UNIX, no io_uring (which would go around the filter) and cannot trace or read
//     other processes: a seccomp filter, which needs no privilege and is inherited by grandchildren;
//   - sees only its own folder and the read-only system files a C library needs, where the kernel has
//     Landlock (Linux 5.13). Where it has not, the allow-list of drivers and the folder that holds exactly the
//     job's members are what is left, and [Report] says so.
//
// The limits of a thread bind that thread alone, and a Go process has many. [Exec] therefore sets them on one
// locked thread and then replaces the whole process: execve ends every other thread and carries over seccomp,
// Landlock, limits and no_new_privs (seccomp(2), landlock(7), prctl(2)).
package sandbox
