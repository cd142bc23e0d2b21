//go:build browser

package lab_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

//go:embed testdata/page.js
var pageScript string

// patience multiplies the time limits of the tests. The limits suit a machine that is
// idle, but ./install.sh test compiles and runs other tests at the same time.
const patience = 4

// A page is the browser tab of a test. openPage opens JupyterLab in it.
type page struct {
	t   *testing.T
	tab context.Context // until the test's cleanup
	ctx context.Context // the tab, until the test's deadline

	mu      sync.Mutex
	console []string // error messages of the page
}

// openPage loads JupyterLab in a new tab. The test must finish with the page
// within limit.
func openPage(t *testing.T, limit time.Duration) *page {
	t.Helper()
	p := openTab(t, limit)
	// The parameter reset closes what earlier tests opened.
	p.do("load JupyterLab", chromedp.Navigate(fixture.server.URL+"/lab?reset&token="+url.QueryEscape(fixture.server.Token)))
	p.await("JupyterLab's application", "window.jupyterapp !== undefined", time.Minute)
	p.evaluate("restore JupyterLab's layout", "jupyterapp.restored.then(() => true)")
	p.do("add the tests' script", chromedp.Evaluate[chromedp.Void](pageScript))
	return p
}

// openTab opens an empty tab. The limit is the same as for openPage.
func openTab(t *testing.T, limit time.Duration) *page {
	t.Helper()
	tab, closeTab := chromedp.NewContext(fixture.browser)
	p := &page{t: t, tab: tab}
	if err := chromedp.Do(tab); err != nil {
		closeTab()
		t.Fatalf("open a tab: %v", err)
	}
	var console sync.WaitGroup
	messages := chromedp.Console(tab)
	console.Go(func() {
		for message, err := range messages {
			if err != nil {
				return
			}
			if message.Type == chromedp.ConsoleError || message.IsException() {
				p.mu.Lock()
				p.console = append(p.console, message.String())
				p.mu.Unlock()
			}
		}
	})
	var cancel context.CancelFunc
	p.ctx, cancel = context.WithTimeout(tab, patience*limit)
	t.Cleanup(func() {
		if t.Failed() {
			p.keepEvidence()
		}
		cancel()
		if err := chromedp.Cancel(tab); err != nil { // it waits, so that the page can't start another kernel
			t.Errorf("close the tab: %v", err)
		}
		console.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := fixture.server.endSessions(ctx); err != nil {
			t.Errorf("end the notebooks' kernels: %v", err)
		}
	})
	return p
}

// do runs browser actions. The failure message names them by what.
func (p *page) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// evaluate evaluates a JavaScript expression and waits for its promise.
func (p *page) evaluate(what, expression string) {
	p.t.Helper()
	p.do(what, chromedp.Evaluate[chromedp.Void](expression, chromedp.EvalAwaitPromise))
}

// read returns the value of a JavaScript expression.
func read[T any](p *page, expression string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return value
}

// await waits in the page until a JavaScript condition holds.
func (p *page) await(what, condition string, limit time.Duration) {
	p.t.Helper()
	if err := p.poll(condition, limit); err != nil {
		p.t.Fatalf("waited for %s: %v", what, err)
	}
}

func (p *page) poll(condition string, limit time.Duration) error {
	started := time.Now()
	_, err := chromedp.Run(p.ctx, chromedp.Poll[chromedp.Void](condition,
		chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(patience*limit)))
	if errors.Is(err, chromedp.ErrPollingTimeout) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("not within %.1f s", time.Since(started).Seconds())
	}
	return err
}

// click clicks the middle of the first element that matches, as a user does.
func (p *page) click(what, selector string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience*20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		p.t.Fatalf("click %s (%s): %v", what, selector, err)
	}
}

// keepEvidence saves a screenshot of the tab, and logs its path and the error
// messages of the page and of JupyterLab.
func (p *page) keepEvidence() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.tab, 10*time.Second)
	defer cancel()
	file := filepath.Join(checkout(), ".lab", "screenshots", strings.ReplaceAll(p.t.Name(), "/", "-")+".png")
	if err := screenshot(ctx, file); err != nil {
		p.t.Logf("screenshot: %v", err)
	} else {
		p.t.Logf("screenshot: %s", file)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.t.Logf("%d messages in the page's console:\n%s", len(p.console), strings.Join(p.console, "\n"))
	p.t.Logf("end of JupyterLab's log:\n%s", tail(fixture.server.Log, 20))
}

// quoted returns a value as a JavaScript expression.
func quoted(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}
