// Package workers is what happens on which message.
//
// A [Job] says what to do with which files. A worker leases it from the bus, lays the files into a folder of
// their own, and starts a child process on that folder (package sandbox closes the door behind it). The child
// reads the job on standard input and answers in JSON lines: progress, results, and last a closing line that
// counts them. A result without its closing line is no result, whatever the exit code says. The worker checks
// the result, stores its blobs, publishes it, queues what follows, and only then acknowledges: a kill at any
// moment means the job runs again, and every effect is created at most once under a name derived from the job.
//
// A child that makes no progress (no line and no CPU time) for [stallAfter] is killed, and so is one that
// exceeds its memory or its deadline; twice the same death and the job goes to the dead letters with a reason
// a person can read. A worker that is killed is not the job's fault and is not counted.
//
// What follows from results is never remembered, only derived: [Settler] compares what was detected with what
// was traced and what stands in the ledger, in canonical order, and does what is missing.
package workers
