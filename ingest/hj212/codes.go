package hj212

import "fmt"

// Commands (CN) of HJ 212-2017 that this package does something about.
const (
	CNSetTimeout    = 1000 // centre: OverTime, ReCount
	CNGetClock      = 1011
	CNSetClock      = 1012
	CNAskClock      = 1013 // device: please set my clock
	CNRealTime      = 2011
	CNStopRealTime  = 2012
	CNState         = 2021
	CNDay           = 2031
	CNRunTime       = 2041
	CNMinute        = 2051
	CNHour          = 2061
	CNPowerUp       = 2081
	CNAnalyserID    = 3019
	CNSiteInfo      = 3020
	CNRequestAnswer = 9011
	CNResult        = 9012
	CNNoticeAnswer  = 9013
	CNDataAnswer    = 9014
	CNHeartbeat     = 9015 // 2025
)

// STAnswer is the system kind of answers.
const STAnswer = "91"

// SystemKinds names what stands in ST.
var systemKinds = map[string]string{
	"21": "surface water", "22": "ambient air", "23": "ambient noise", "24": "groundwater", "25": "soil", "26": "sea water", "27": "VOC",
	"31": "stack", "32": "sewage", "33": "groundwater source", "34": "marine source", "35": "soil source", "36": "noise source",
	"37": "vibration source", "38": "radioactive source", "39": "construction dust", "41": "electromagnetic source", "44": "power use",
	"45": "key process", "51": "flue-gas process", "52": "sewage process", "91": "answer",
}

// SystemKind names a system kind; one that no table has, by its code.
func SystemKind(st string) string {
	if s, ok := systemKinds[st]; ok {
		return s
	}
	return "system " + st
}

// QnRtn says whether a request was accepted (2017, table 6).
type QnRtn int

const (
	QnReady   QnRtn = 1
	QnRefused QnRtn = 2
	QnPW      QnRtn = 3
	QnMN      QnRtn = 4
	QnST      QnRtn = 5
	QnFlag    QnRtn = 6
	QnQN      QnRtn = 7
	QnCN      QnRtn = 8
	QnCRC     QnRtn = 9
	QnUnknown QnRtn = 100
)

// ExeRtn says how the execution of a request ended (2017, table 5).
type ExeRtn int

const (
	ExeSuccess   ExeRtn = 1
	ExeFailed    ExeRtn = 2
	ExeCondition ExeRtn = 3
	ExeTimeout   ExeRtn = 4
	ExeBusy      ExeRtn = 5
	ExeFault     ExeRtn = 6
	ExeNoData    ExeRtn = 100
)

func (e ExeRtn) String() string {
	switch e {
	case ExeSuccess:
		return "success"
	case ExeFailed:
		return "failed"
	case ExeCondition:
		return "conditions not met"
	case ExeTimeout:
		return "timed out"
	case ExeBusy:
		return "busy"
	case ExeFault:
		return "system fault"
	case ExeNoData:
		return "no data"
	}
	return fmt.Sprintf("ExeRtn %d", int(e))
}

// Mark is the state letter of a value (2017, table 8). What a device leaves out is [MarkNormal].
type Mark byte

const (
	MarkNormal      Mark = 'N'
	MarkStopped     Mark = 'F'
	MarkMaintenance Mark = 'M'
	MarkSet         Mark = 'S' // set by hand
	MarkFault       Mark = 'D'
	MarkCalibration Mark = 'C'
	MarkOverRange   Mark = 'T'
	MarkNoLink      Mark = 'B' // between analyser and logger
)

// markOf reads a mark in either case, and those of 2005 as what they are called now: P is a power failure, and air stations had
// 0 calibration, 1 weather, 2 abnormal, 3 normal.
func markOf(c byte) Mark {
	switch c {
	case '0':
		return MarkCalibration
	case '1', '3':
		return MarkNormal
	case '2', 'P', 'p':
		return MarkFault
	}
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return Mark(c)
}

// Valid reports whether a value with this mark is a measurement of the air or water.
func (m Mark) Valid() bool { return m == MarkNormal || m == MarkOverRange }
