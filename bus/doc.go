// Package bus is the only door to NATS: what is true, what is to do, and what has happened.
//
// # One truth
//
// NATS JetStream holds messages and state, so nothing else has to be run. By default a server runs inside
// the process with its files under Config.Dir; Config.URL uses a cluster instead. After [Connect] both are
// the same code. Three kinds of thing are kept:
//
//   - Logs ([Log]): assets, inspections, detections, traces, observations. One document a key, created once
//     and never changed. A worker that does its job twice creates nothing the second time, so no result is
//     ever doubled and none needs a lock.
//   - Jobs ([Jobs]): a work queue with one message a subject, so a job is queued at most once. A worker
//     leases a job, beats while it makes progress and acks when the effect is stored. A lease that is not
//     beaten for AckWait goes to the next worker.
//   - The ledger ([Ledger]): the append-only, hash-chained history of every candidate. Everything that people
//     see is folded from it: [View] in memory, and the GRID stream of CloudEvents for others.
//
// # Why nothing is lost or doubled
//
// Every effect carries an id and goes to its own subject with the sequence it expects there, compared and
// stored in one step by the server. That comparison is the only fence: acks do not fence (a late ack of
// a worker that lost its lease succeeds), and the server's window for duplicate message ids ends, so it is
// never relied on. When an acknowledgement is lost the writer asks again, is refused, and looks who took
// the place: if it is its own id, it had won.
//
// Two servers on one store lose acknowledged messages, so the folder is locked (flock) before the server
// starts. Every write is synced to disk before it is acknowledged (SyncAlways); an outside cluster must be
// set to sync_interval: always by its operator.
//
// # Large bodies
//
// A body above [MaxInline] goes to Config.Store and the message carries only its hash. A dump ([Bus.Dump])
// therefore holds references: back up the store's folder with it.
package bus
