// Package nodeodm hands the pictures of a flight to a NodeODM server, which makes an orthophoto and a surface model of them, and fetches these (NodeODM
// API 2.2: task/new/init, upload, commit, info, download). What was begun is remembered in a file, so that it goes on after an interruption where it was.
package nodeodm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"upwind"
)

// Client speaks to one server.
type Client struct {
	URL   string // http://host:3000
	Token string // empty where the server asks for none
	HTTP  *http.Client
	// Pause is how long to wait between two questions, and before something that failed is tried again.
	Pause time.Duration
}

// uploadBatch is how many pictures go in one request.
const uploadBatch = 10

// Task is a task at a server, as it is remembered.
type Task struct {
	Server    string   `json:"server"`
	ID        string   `json:"id"`
	Uploaded  []string `json:"uploaded"` // base names
	Committed bool     `json:"committed"`
}

// status is what a server says of a task.
type status struct {
	Status struct {
		Code    int    `json:"code"`
		Message string `json:"errorMessage"`
	} `json:"status"`
	Progress float64 `json:"progress"`
	Error    string  `json:"error"`
}

// Codes of a task.
const (
	running   = 20
	failed    = 30
	completed = 40
	canceled  = 50
)

// Options of a task that give what is asked of a flight: a surface model beside the orthophoto, and no more pictures than needed.
var taskOptions = `[{"name":"dsm","value":true},{"name":"cog","value":true}]`

// Stage is what is being done.
type Stage string

// Stages of a task.
const (
	Upload   Stage = "upload"
	Process  Stage = "process"
	Download Stage = "download"
)

// Run hands in the pictures, waits, and writes the server's archive of results to a file. memory is where the task is remembered; a task that was begun
// there goes on. Names of pictures must differ.
func (c Client) Run(ctx context.Context, name string, pictures []string, memory, archive string, progress func(s Stage, done, total int64)) error {
	base := map[string]bool{}
	for _, p := range pictures {
		if base[filepath.Base(p)] {
			return upwind.Refuse(p, "", "another picture of the flight has the same name", "give the pictures different names")
		}
		base[filepath.Base(p)] = true
	}
	t, err := c.begin(ctx, name, memory)
	if err != nil {
		return err
	}
	if err := c.upload(ctx, &t, pictures, memory, progress); err != nil {
		return err
	}
	if err := c.wait(ctx, t, progress); err != nil {
		return err
	}
	if err := c.fetch(ctx, t, archive, progress); err != nil {
		return err
	}
	return os.Remove(memory)
}

// begin goes on with the task that is remembered, where the server still knows it, or makes one.
func (c Client) begin(ctx context.Context, name, memory string) (Task, error) {
	if text, err := os.ReadFile(memory); err == nil {
		var t Task
		if json.Unmarshal(text, &t) == nil && t.Server == c.URL && t.ID != "" {
			var s status
			if err := c.ask(ctx, "task/"+url.PathEscape(t.ID)+"/info", &s); err == nil && (s.Error == "" || !t.Committed) && s.Status.Code != failed && s.Status.Code != canceled {
				return t, nil
			}
		}
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := errors.Join(w.WriteField("name", name), w.WriteField("options", taskOptions), w.Close()); err != nil {
		return Task{}, err
	}
	var made struct {
		UUID  string `json:"uuid"`
		Error string `json:"error"`
	}
	if err := c.send(ctx, "task/new/init", w.FormDataContentType(), func() (io.Reader, error) { return bytes.NewReader(body.Bytes()), nil }, &made); err != nil {
		return Task{}, err
	}
	if made.UUID == "" {
		return Task{}, c.says("it made no task", made.Error)
	}
	t := Task{Server: c.URL, ID: made.UUID}
	return t, t.remember(memory)
}

func (t Task) remember(memory string) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return os.WriteFile(memory, text, 0o600)
}

// upload sends the pictures that the server does not have, some at a time, and commits the task.
func (c Client) upload(ctx context.Context, t *Task, pictures []string, memory string, progress func(Stage, int64, int64)) error {
	if t.Committed {
		return nil
	}
	var left []string
	for _, p := range pictures {
		if !slices.Contains(t.Uploaded, filepath.Base(p)) {
			left = append(left, p)
		}
	}
	for len(left) > 0 {
		n := min(uploadBatch, len(left))
		if err := c.uploadSome(ctx, t.ID, left[:n]); err != nil {
			return err
		}
		for _, p := range left[:n] {
			t.Uploaded = append(t.Uploaded, filepath.Base(p))
		}
		if err := t.remember(memory); err != nil {
			return err
		}
		left = left[n:]
		progress(Upload, int64(len(t.Uploaded)), int64(len(pictures)))
	}
	var done struct {
		UUID  string `json:"uuid"`
		Error string `json:"error"`
	}
	if err := c.send(ctx, "task/new/commit/"+url.PathEscape(t.ID), "", func() (io.Reader, error) { return strings.NewReader(""), nil }, &done); err != nil {
		return err
	}
	if done.UUID == "" {
		return c.says("it did not take the pictures", done.Error)
	}
	t.Committed = true
	return t.remember(memory)
}

func (c Client) uploadSome(ctx context.Context, id string, pictures []string) error {
	boundary := multipart.NewWriter(io.Discard).Boundary()
	body := func() (io.Reader, error) {
		r, out := io.Pipe()
		go func() {
			w := multipart.NewWriter(out)
			err := w.SetBoundary(boundary)
			for _, p := range pictures {
				if err == nil {
					err = part(w, p)
				}
			}
			out.CloseWithError(errors.Join(err, w.Close()))
		}()
		return r, nil
	}
	var answer struct {
		Success bool   `json:"success"`
		Error   string `json:"error"`
	}
	if err := c.send(ctx, "task/new/upload/"+url.PathEscape(id), "multipart/form-data; boundary="+boundary, body, &answer); err != nil {
		return err
	}
	if !answer.Success {
		return c.says("it did not take "+filepath.Base(pictures[0]), answer.Error)
	}
	return nil
}

func part(w *multipart.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	to, err := w.CreateFormFile("images", filepath.Base(path))
	if err != nil {
		return err
	}
	_, err = io.Copy(to, f)
	return err
}

// wait asks until the task has ended.
func (c Client) wait(ctx context.Context, t Task, progress func(Stage, int64, int64)) error {
	for {
		var s status
		if err := c.ask(ctx, "task/"+url.PathEscape(t.ID)+"/info", &s); err != nil {
			return err
		}
		switch {
		case s.Error != "":
			return c.says("it does not know the task any more", s.Error)
		case s.Status.Code == completed:
			progress(Process, 100, 100)
			return nil
		case s.Status.Code == failed:
			return c.says("it could not make an orthophoto of the pictures", s.Status.Message)
		case s.Status.Code == canceled:
			return c.says("the task was cancelled there", "")
		case s.Status.Code == running:
			progress(Process, int64(s.Progress), 100)
		}
		if err := pause(ctx, c.Pause); err != nil {
			return err
		}
	}
}

// fetch downloads the results, going on where a connection broke.
func (c Client) fetch(ctx context.Context, t Task, archive string, progress func(Stage, int64, int64)) error {
	tmp := archive + ".part"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	defer f.Close()
	var last error
	for range tries {
		done, err := c.fetchOn(ctx, t, f, progress)
		if err == nil && done {
			return errors.Join(f.Sync(), f.Close(), os.Rename(tmp, archive))
		}
		if last = err; ctx.Err() != nil {
			return ctx.Err()
		}
		if err := pause(ctx, c.Pause); err != nil {
			return err
		}
	}
	return c.fails(last)
}

func (c Client) fetchOn(ctx context.Context, t Task, f *os.File, progress func(Stage, int64, int64)) (bool, error) {
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return false, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.address("task/"+url.PathEscape(t.ID)+"/download/all.zip"), nil)
	if err != nil {
		return false, err
	}
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK: // from the beginning
		if err := f.Truncate(0); err != nil {
			return false, err
		}
		if have, err = f.Seek(0, io.SeekStart); err != nil {
			return false, err
		}
	case http.StatusPartialContent:
	default:
		return false, fmt.Errorf("it answers %s", resp.Status)
	}
	total := have + resp.ContentLength
	buf := make([]byte, 1<<20)
	for {
		n, err := resp.Body.Read(buf)
		if _, werr := f.Write(buf[:n]); werr != nil {
			return false, werr
		}
		have += int64(n)
		progress(Download, have, max(total, have))
		switch {
		case errors.Is(err, io.EOF):
			return resp.ContentLength < 0 || have >= total, nil
		case err != nil:
			return false, err
		}
	}
}
