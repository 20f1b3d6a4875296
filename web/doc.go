// Package web is the window of the program: an HTTP API over its state, and the pages that read it: the map (/), the doctor of
// the devices (/devices), and the air by its index (/air) with the reports to print (/report/air).
//
// The pages and the API are read-only. They look at a [State], which is the fold of the logs that the bus
// keeps in memory; the package decodes no picture and starts no job. Everything the browser needs is in the
// binary: no page makes a request to any other server, so it works in a bureau without the internet.
//
// # Documents
//
// Every answer is JSON with a "version": a GeoJSON feature collection where the map draws it, or one object
// with a named list. Times are RFC 3339 in UTC, places are WGS84, units stand in the names. Large answers
// are built once for each change of the state, compressed once, and carry an ETag, so that a page that asks
// again after a change it does not care about gets 304.
//
// # Live
//
// /api/events is a stream of server-sent events. An event says *what kind of thing* changed and never what
// it changed to: the page reads the document again. So an event that is lost or sent twice does no harm, and
// a page that was away gets one "resync". Ids are `<start of the process>-<number>`.
//
// # Who may ask
//
// The server listens on loopback and answers only requests whose Host it knows, so that a page of another
// site cannot reach it by pointing a name of its own at 127.0.0.1 (DNS rebinding). The content security
// policy allows no inline script and no other origin. Only blobs that the state names as a chip or a preview
// are served, never an original: originals carry positions and device numbers. Of the registry of stations everything is shown
// but the devices' passwords.
package web
