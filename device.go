package upwind

import "time"

// Device is what is known of a device that speaks HJ 212 beyond what it says: where it departs from the standard.
type Device struct {
	MN        string            `json:"mn"`
	PW        string            `json:"pw,omitempty"`      // empty accepts any
	Version   *int              `json:"version,omitempty"` // 2005, 2017 or 2025; nil believes the Flag it sends
	Units     map[string]string `json:"units,omitempty"`   // by species or code: the unit it sends, where that is not the usual one
	StampsEnd bool              `json:"stamps_end,omitempty"`
	UTC       bool              `json:"utc,omitempty"`      // its clock runs on UTC
	MinuteS   int               `json:"minute_s,omitempty"` // length of its minute data; 0 is 600
}

// DeviceState is what a listener knows of one device: when it was heard last, and what is wrong with it.
type DeviceState struct {
	MN       string          `json:"mn"`
	System   string          `json:"system,omitempty"`
	Address  string          `json:"address,omitempty"`
	First    time.Time       `json:"first_utc,omitzero"`
	Last     time.Time       `json:"last_utc,omitzero"`
	Frames   int             `json:"frames"`
	Readings int             `json:"readings"`
	SkewS    float64         `json:"skew_s"` // its clock less ours
	Findings []DeviceFinding `json:"findings,omitempty"`
}

// DeviceFinding is one thing that is wrong with a device, in words.
type DeviceFinding struct {
	Ailment string    `json:"ailment"`
	Factor  string    `json:"factor,omitempty"`
	Since   time.Time `json:"since_utc"`
	Value   float64   `json:"value"`
	Text    string    `json:"text"`
}
