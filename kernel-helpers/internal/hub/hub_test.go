package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// fakeHub answers as JupyterHub and its servers do. Its kernels fail a cell with the
// text "fail", and print what is between quotes of any other.
type fakeHub struct {
	mu      sync.Mutex
	running map[string]bool
	stopped []string
	failing string // a user whose server fails to start
}

func newHub(t *testing.T) (*fakeHub, string) {
	t.Helper()
	h := &fakeHub{running: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hub/login", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "_xsrf", Value: "x1", Path: "/hub/"})
	})
	mux.HandleFunc("POST /hub/login", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("_xsrf") != "x1" || r.FormValue("password") != "right" {
			http.Error(w, "Invalid username or password", http.StatusForbidden)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: r.FormValue("username"), Path: "/hub/"})
		http.Redirect(w, r, "/hub/home", http.StatusFound)
	})
	mux.HandleFunc("POST /hub/api/users/{name}/tokens", func(w http.ResponseWriter, r *http.Request) {
		session, err := r.Cookie("session")
		if err != nil || session.Value != r.PathValue("name") || r.Header.Get("X-XSRFToken") != "x1" {
			http.Error(w, "not logged in", http.StatusForbidden)
			return
		}
		fmt.Fprintf(w, `{"token": %q}`, "of-"+session.Value)
	})
	mux.HandleFunc("POST /hub/api/users/{name}/server", h.own(func(w http.ResponseWriter, _ *http.Request, name string) {
		if h.running[name] {
			http.Error(w, name+" is already running", http.StatusBadRequest)
		}
		h.running[name] = true
	}))
	mux.HandleFunc("GET /hub/api/users/{name}/server/progress", h.own(func(w http.ResponseWriter, _ *http.Request, name string) {
		fmt.Fprint(w, "data: {\"progress\": 50, \"message\": \"Spawning\"}\n\n")
		if name == h.failing {
			fmt.Fprint(w, "data: {\"failed\": true, \"message\": \"the disk is full\"}\n\n")
		} else {
			fmt.Fprint(w, "data: {\"ready\": true}\n\n")
		}
	}))
	mux.HandleFunc("DELETE /hub/api/users/{name}/server", h.own(func(_ http.ResponseWriter, _ *http.Request, name string) {
		h.stopped = append(h.stopped, name)
	}))
	mux.HandleFunc("POST /user/{name}/api/sessions", h.own(func(w http.ResponseWriter, _ *http.Request, _ string) {
		fmt.Fprint(w, `{"kernel": {"id": "k1"}}`)
	}))
	mux.HandleFunc("GET /user/{name}/api/kernels/k1/channels", func(w http.ResponseWriter, r *http.Request) {
		socket, err := websocket.Accept(w, r, nil)
		if err == nil {
			defer socket.CloseNow()
			kernel(r.Context(), socket)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return h, server.URL
}

// own lets through only requests with the token of the user in their path.
func (h *fakeHub) own(handle func(http.ResponseWriter, *http.Request, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		if r.Header.Get("Authorization") != "token of-"+name {
			http.Error(w, "Forbidden", http.StatusForbidden)
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		handle(w, r, name)
	}
}

// kernel answers requests until the client goes.
func kernel(ctx context.Context, socket *websocket.Conn) {
	for {
		var request message
		if wsjson.Read(ctx, socket, &request) != nil {
			return
		}
		say := func(parent jupyter.Header, msgType string, content any) {
			raw, _ := json.Marshal(content)
			_ = wsjson.Write(ctx, socket, message{Header: jupyter.Header{MsgID: jupyter.NewID(), MsgType: msgType}, Parent: parent, Content: raw}) // the client sees it
		}
		var asked struct{ Code string }
		_ = json.Unmarshal(request.Content, &asked)
		reply := map[string]string{"status": "ok"}
		switch {
		case request.Header.MsgType == "complete_request":
			say(request.Header, "complete_reply", map[string]any{"matches": []string{asked.Code + "ln"}})
			continue
		case strings.Contains(asked.Code, "fail"):
			reply = map[string]string{"status": "error", "ename": "ExitError", "evalue": "exit status 1"}
		default:
			say(jupyter.Header{MsgID: "another"}, "stream", map[string]string{"name": "stdout", "text": "of another client"})
			say(request.Header, "stream", map[string]string{"name": "stdout", "text": printed(asked.Code)})
			say(request.Header, "stream", map[string]string{"name": "stderr", "text": "a warning"})
		}
		say(request.Header, "execute_reply", reply) // the order of these two is not fixed
		say(request.Header, "status", map[string]string{"execution_state": "idle"})
	}
}

// printed returns what a cell of a load prints.
func printed(code string) string {
	var name string
	var n int
	_, arguments, _ := strings.Cut(code, `\n", `)
	fmt.Sscanf(arguments, "%q, %d)", &name, &n)
	return fmt.Sprintf("%s has run %d cells\n", name, n)
}

func TestAUserLogsInAndRunsCells(t *testing.T) {
	h, address := newHub(t)
	ctx := t.Context()
	if _, err := Login(ctx, address, "ben", "wrong"); err == nil || !strings.Contains(err.Error(), "log in as ben: POST /hub/login: status 403") {
		t.Errorf("with a wrong password: got %v, want what the Hub said", err)
	}
	ben, err := Login(ctx, address+"/", "ben", "right")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it runs already
		if _, err := ben.Start(ctx); err != nil {
			t.Fatal(err)
		}
	}
	kernel, err := ben.Server("ben").Open(ctx, "a.ipynb", "gonb")
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.Close()
	if out, err := kernel.Execute(ctx, `%%
fmt.Printf("…\n", "ben", 3)`); err != nil || out != "ben has run 3 cells\n" {
		t.Errorf("a cell: got %q, %v; want its own standard output only", out, err)
	}
	_, err = kernel.Execute(ctx, "fail")
	if failed, isCell := errors.AsType[*CellError](err); !isCell || failed.Value != "exit status 1" {
		t.Errorf("a cell that fails: got %v, want its error", err)
	}
	if matches, err := kernel.Complete(ctx, "Print"); err != nil || fmt.Sprint(matches) != "[Println]" {
		t.Errorf("a completion: got %q, %v; want Println", matches, err)
	}
	err = ben.Server("cleo").Call(ctx, http.MethodPost, "/api/sessions", nil, nil)
	if failed, isStatus := errors.AsType[*StatusError](err); !isStatus || failed.Code != http.StatusForbidden {
		t.Errorf("another's server: got %v, want it forbidden", err)
	}
	h.failing = "ben"
	if _, err := ben.Start(ctx); err == nil || !strings.Contains(err.Error(), "start ben's server: the disk is full") {
		t.Errorf("a server that fails: got %v, want the Hub's reason", err)
	}
}

func TestALoadCountsCellsAndStopsItsServers(t *testing.T) {
	h, address := newHub(t)
	load := Load{Address: address, Users: []string{"load1", "load2", "load3"}, Password: "right", Every: 2 * time.Millisecond, For: 7 * time.Millisecond, Starting: 2}
	report, err := load.Run(t.Context())
	if err != nil || len(report.Failures) > 0 {
		t.Fatalf("got %v, failures %v", err, report.Failures)
	}
	if report.Idle.Len() != idleCells || report.First.Len() != 3 || report.Cells.Len() < 3 {
		t.Errorf("got %d cells of one user, %d first ones and %d others, want %d, 3 and at least one of each user", report.Idle.Len(), report.First.Len(), report.Cells.Len(), idleCells)
	}
	if len(h.stopped) != 3 {
		t.Errorf("stopped %q, want all three servers", h.stopped)
	}
	if text := report.String(); !strings.Contains(text, "users                 3\n") || !strings.Contains(text, "failed 0\n") {
		t.Errorf("the report: got\n%s", text)
	}

	h.failing = "load3"
	if _, err := load.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "load3") {
		t.Errorf("a server that fails: got %v, want its user named", err)
	}
	if len(h.stopped) < 5 {
		t.Errorf("stopped %q, want the other servers, too", h.stopped)
	}
}

func TestQuantilesOfTimes(t *testing.T) {
	var times Times
	if times.Median() != 0 || times.Max() != 0 {
		t.Errorf("of no times: got %s, %s; want 0", times.Median(), times.Max())
	}
	for i := 100; i > 0; i-- {
		times.add(time.Duration(i))
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 51, 0.95: 96, 1: 100} {
		if got := times.Quantile(q); got != want {
			t.Errorf("quantile %v of 1 to 100: got %d, want %d", q, got, want)
		}
	}
}
