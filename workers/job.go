package workers

import (
	"encoding/json"
	"fmt"
	"sort"
	"time"

	"upwind"
)

// Kind is what a job does.
type Kind string

const (
	KindInspect Kind = "inspect" // the first look at an asset
	KindDetect  Kind = "detect"  // one detector on one asset
	KindMotion  Kind = "motion"  // what moved between two lidar scans
	KindTrace   Kind = "trace"   // one trigger back to its ranked explanations
)

// Roles are the queues a worker can serve.
const (
	RoleRaster  = "raster"
	RoleLidar   = "lidar"
	RoleTracing = "tracing"
)

// Roles lists all roles, in the order `--roles` shows them.
var Roles = []string{RoleRaster, RoleLidar, RoleTracing}

// deadlines are the longest a job of a kind may take, progress or not.
var deadlines = map[Kind]time.Duration{
	KindInspect: 5 * time.Minute,
	KindDetect:  60 * time.Minute,
	KindMotion:  20 * time.Minute,
	KindTrace:   20 * time.Minute,
}

// Job is a self-contained order: every file it needs is a member by hash, so any machine that reaches the
// store can do it.
type Job struct {
	Version    int                `json:"version"`
	ID         string             `json:"id"`
	Kind       Kind               `json:"kind"`
	Role       string             `json:"role"`
	Inputs     []string           `json:"inputs"` // asset ids, or the trigger's id
	Detector   string             `json:"detector"`
	DetectorV  int                `json:"detector_version"`
	Params     json.RawMessage    `json:"params,omitempty"` // canonical JSON
	Members    []upwind.Member    `json:"members"`
	Asset      *upwind.Asset      `json:"asset,omitempty"`
	Before     *upwind.Asset      `json:"before,omitempty"`     // the earlier scan of a motion job
	Inspection *upwind.Inspection `json:"inspection,omitempty"` // of the asset, for detect jobs
	Trigger    *upwind.Trigger    `json:"trigger,omitempty"`
}

// newJob fills in the id: the hash of inputs, detector, its version and the parameters. Members and
// inspection are not part of it: they follow from the inputs.
func newJob(j Job) Job {
	j.Version = upwind.SchemaVersion
	sort.Strings(j.Inputs)
	j.ID = upwind.HashID("job", j.Kind, j.Inputs, j.Detector, j.DetectorV, j.Params)
	return j
}

// roleOf is the queue for an asset's jobs.
func roleOf(kind upwind.AssetKind) string {
	if kind == upwind.AssetCloud || kind == upwind.AssetScan {
		return RoleLidar
	}
	return RoleRaster
}

// inspectVersion rises when a second look at an old asset would say something else.
const inspectVersion = 1

// InspectJob is the first job of a raster, photo, cloud or scan.
func InspectJob(a upwind.Asset) Job {
	return newJob(Job{Kind: KindInspect, Role: roleOf(a.Kind), Inputs: []string{a.ID}, Detector: "inspect",
		DetectorV: inspectVersion, Members: a.Members, Asset: &a})
}

func detectJob(a upwind.Asset, in upwind.Inspection, detector string, version int) Job {
	return newJob(Job{Kind: KindDetect, Role: roleOf(a.Kind), Inputs: []string{a.ID}, Detector: detector,
		DetectorV: version, Members: a.Members, Asset: &a, Inspection: &in})
}

// decodeJob reads a job and checks that its id is that of its content.
func decodeJob(body []byte) (Job, error) {
	var j Job
	if err := json.Unmarshal(body, &j); err != nil {
		return Job{}, fmt.Errorf("workers: reading a job: %w", err)
	}
	if j.Version > upwind.SchemaVersion {
		return Job{}, fmt.Errorf("workers: job %s has version %d, this program knows %d", j.ID, j.Version, upwind.SchemaVersion)
	}
	if want := newJob(j).ID; j.ID != want {
		return Job{}, fmt.Errorf("workers: job %s hashes to %s", j.ID, want)
	}
	if _, ok := deadlines[j.Kind]; !ok {
		return Job{}, fmt.Errorf("workers: job %s is of unknown kind %q", j.ID, j.Kind)
	}
	return j, nil
}
