//go:build browser

package lab_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"example.com/speedup/kernel-helpers/base/longtest"
)

// evilMarkdown is an answer in words that tries to act in the browser of whoever
// reads it. Each part that ran would set window.owned, or fetch an address with evil
// in its name.
const evilMarkdown = `My answer in words.

<script>window.owned = "script"</script>
<ScRiPt src="/evil.js"></ScRiPt >
<img src="/evil.png" onerror="window.owned = 'onerror'">
<img/src=x onerror=window.owned="slash">
<svg onload="window.owned = 'svg'"><script>window.owned = "svg script"</script><animate onbegin="window.owned='animate'" attributeName="x"/></svg>
<math><mtext><style><img title="</style><img src=x onerror=window.owned='mutation'>"></style></mtext></math>
<iframe src="javascript:parent.owned='iframe'"></iframe>
<iframe srcdoc="<script>parent.owned='srcdoc'</script>"></iframe>
<object data="data:text/html,<script>parent.owned='object'</script>"></object>
<embed src="/evil.svg">
<meta http-equiv="refresh" content="0; url=/evil-refresh">
<base href="//evil.invalid/">
<link rel="stylesheet" href="/evil.css">
<style>body { display: none !important } @import "/evil-import.css";</style>
<form action="/evil-form"><button id="evil-button" formaction="javascript:window.owned='form'">evil link</button></form>
<details open ontoggle="window.owned='toggle'"><summary>more</summary></details>
<input autofocus onfocus="window.owned='focus'">
<video><source onerror="window.owned='source'"></video>
<div style="position:fixed;inset:0;z-index:99999;background:url(/evil-style.png)">over everything</div>
<a href="javascript:window.owned='a'">evil link</a> [evil link](javascript:window.owned='link')
[evil link](JaVaScRiPt&colon;window.owned='entity') [evil link](&#106;avascript:window.owned='numeric')
[evil link](java
script:window.owned='newline') [evil link](data:text/html,<script>window.owned='data'</script>)
<javascript:window.owned='autolink'> [evil link][ref]

[ref]: javascript:window.owned='reference'

![evil](javascript:window.owned='image') ![x](attachment:evil.svg)

$\href{javascript:window.owned='tex'}{evil link}$ $$\style{background:url(/evil-tex.png)}{x}$$ $\unicode{<img src=x onerror=window.owned='unicode'>}$

` + "```\n</code></pre><img src=x onerror=window.owned='fence'>\n```\n\n`</code><img src=x onerror=window.owned='code'>`" + `
<!-- --><img src=x onerror=window.owned='comment'><!-- -->
<noscript><p title="</noscript><img src=x onerror=window.owned='noscript'>">
`

// TestAnAnswerInWordsIsInertInEveryPage: a submission with active content in its
// answers, its own cells, attachments, outputs and metadata is read in the
// formgrader, as feedback, and in JupyterLab, and does nothing there.
func TestAnAnswerInWordsIsInertInEveryPage(t *testing.T) {
	longtest.Only(t) // it opens five pages of the course
	releaseCourse(t)
	folder := filepath.Join(fixture.server.course(), "submitted", "teachers-own-evil", "ps1")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "ps1.ipynb"), evilSubmission(t), 0o600); err != nil {
		t.Fatal(err)
	}
	inCourse(t, "bin/coursework", "grade", "ps1", "teachers-own-evil")
	inCourse(t, "bin/coursework", "feedback", "ps1", "teachers-own-evil")

	lab := openPage(t, 3*time.Minute) // it logs the browser in
	tab := openTab(t, 2*time.Minute)
	tab.do("open the formgrader", chromedp.Navigate(fixture.server.URL+"/formgrader/manage_submissions/ps1?token="+url.QueryEscape(fixture.server.Token)))
	tab.await("the submission", `document.body.innerText.includes("teachers-own-evil")`, 30*time.Second)
	tab.do("open the list of submissions to grade", chromedp.Navigate(fixture.server.URL+"/formgrader/gradebook/ps1/ps1"))
	tab.await("the submissions' links", `document.querySelector("tbody a[href*='submissions']") !== null`, 30*time.Second)
	for _, link := range read[[]string](tab, `[...document.querySelectorAll("tbody a[href*='submissions']")].map(a => a.href)`) {
		tab.do("open a submission", chromedp.Navigate(link))
		tab.await("the grading page", `document.body.innerText.includes("points")`, 30*time.Second)
		if read[bool](tab, `document.body.innerText.includes("My answer in words")`) {
			break
		}
	}
	tab.wantInert("the formgrader", true)
	keepShot(t, tab, "formgrader-inert")

	page := filepath.Join(fixture.server.course(), "feedback", "teachers-own-evil", "ps1", "ps1.html")
	tab.do("open the feedback", chromedp.Navigate((&url.URL{Scheme: "file", Path: page}).String()))
	tab.await("the feedback", `document.body.innerText.includes("teachers-own-evil")`, 30*time.Second)
	tab.wantInert("the feedback", false)
	keepShot(t, tab, "feedback-inert")

	// As a teacher may open them. What was handed in comes last, as its pictures are
	// loaded again whenever its tab is laid out.
	for _, where := range []string{"autograded", "feedback", "submitted"} {
		notebook := lab.open("coursework/" + where + "/teachers-own-evil/ps1/ps1.ipynb")
		notebook.await("the notebook", `document.body.innerText.length > 500`, 30*time.Second)
		lab.wantInert("JupyterLab, "+where, where != "feedback")
		keepShot(t, lab, "lab-inert-"+where)
	}
}

// nextSight scrolls a notebook in JupyterLab, which renders only what is in sight, by
// half a page. It reports false at the end, and in other pages.
const nextSight = `(() => {
	const list = [...document.querySelectorAll(".jp-WindowedPanel-outer")].find(e => e.offsetParent)
	if (!list) return false
	const before = list.scrollTop
	list.scrollTop = before + Math.max(list.clientHeight / 2, 50)
	return list.scrollTop > before
})()`

// wantInert fails the test if something of [evilMarkdown] ran in the page, or can
// be made to run by clicking on it. The answer has to be shown.
func (p *page) wantInert(where string, shown bool) {
	p.t.Helper()
	p.evaluate("begin at the top", `([...document.querySelectorAll(".jp-WindowedPanel-outer")].forEach(e => { e.scrollTop = 0 }), true)`)
	if shown {
		p.await("the answer in "+where, `document.body.innerText.includes("My answer in words") || (`+nextSight+`, false)`, 30*time.Second)
	}
	before := read[string](p, "location.href")
	for more, sights := true, 0; more && sights < 100; sights++ {
		p.wantInertSight(where, before)
		more = read[bool](p, nextSight)
	}
	if loaded := read[[]string](p, `performance.getEntriesByType("resource").map(r => r.name).filter(name => /\/evil[.-]/.test(name))`); len(loaded) > 0 {
		for _, address := range loaded {
			if !strings.HasSuffix(address, "/evil.png") && !strings.HasSuffix(address, "/evil-style.png") || !strings.HasPrefix(where, "JupyterLab, submitted") { // JupyterLab shows pictures of anybody's notebook
				p.t.Errorf("%s: the answer made the page load %s", where, address)
			}
		}
	}
	p.evaluate("forget what this notebook loaded", `(performance.clearResourceTimings(), true)`)
}

// wantInertSight checks what is in sight of a page that has an address.
func (p *page) wantInertSight(where, address string) {
	p.t.Helper()
	p.evaluate("let whatever is active run", `new Promise(done => requestAnimationFrame(() => setTimeout(() => done(true), 300)))`)
	// A link to a page is one, even if there is no such page, and a form without an
	// address reloads its own.
	p.evaluate("click on what looks like a link", `document.addEventListener("submit", e => { if (!e.target.getAttribute("action") && !e.submitter?.getAttribute("formaction")) e.preventDefault() }, true);
		[...document.querySelectorAll("a, button")].filter(e => e.textContent.includes("evil link") && !/^https?:$/.test(e.protocol ?? "")).forEach(e => { e.removeAttribute("target"); e.click() })`)
	p.evaluate("let it act", `new Promise(done => setTimeout(() => done(true), 200))`)
	if after := read[string](p, "location.href"); after != address {
		p.t.Fatalf("%s: the page became %s", where, after)
	}
	if owned := read[string](p, `[window, ...Array.from(window.frames)].map(w => { try { return w.owned ?? "" } catch { return "" } }).join("")`); owned != "" {
		p.t.Fatalf("%s: %s ran", where, owned)
	}
	if hidden := read[string](p, `getComputedStyle(document.body).display`); hidden == "none" {
		p.t.Errorf("%s: a style of the answer applies to the page", where)
	}
	// No browser runs a script as a picture.
	active := read[[]string](p, `[...document.querySelectorAll("*")].filter(e =>
		[...e.attributes].some(a => a.name.startsWith("on") && a.value.includes("owned") || /^\s*(javascript|vbscript):/i.test(a.value) && a.value.includes("owned") && e.tagName != "IMG" || a.name == "srcdoc" && a.value.includes("owned")) ||
		["SCRIPT", "STYLE"].includes(e.tagName) && e.textContent.includes("window.owned =") ||
		["IFRAME", "OBJECT", "EMBED", "META", "BASE", "LINK", "FORM"].includes(e.tagName) && [...e.attributes].some(a => /evil[.-]|owned/.test(a.value))
	).map(e => e.outerHTML.slice(0, 120))`)
	if len(active) > 0 {
		p.t.Errorf("%s: got active elements of the answer: %s", where, strings.Join(active, "\n"))
	}
}

// evilSubmission returns ps1 with active content wherever a student can put any.
func evilSubmission(t *testing.T) []byte {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(released(t), &doc); err != nil {
		t.Fatal(err)
	}
	var cells []any
	for _, c := range doc["cells"].([]any) {
		c := c.(map[string]any)
		marks, _ := c["metadata"].(map[string]any)["nbgrader"].(map[string]any)
		if solution, _ := marks["solution"].(bool); solution {
			if c["cell_type"] == "markdown" {
				c["source"] = evilMarkdown
				c["attachments"] = map[string]any{"evil.svg": map[string]any{"image/svg+xml": "PHN2ZyBvbmxvYWQ9IndpbmRvdy5vd25lZD0nYXR0YWNobWVudCciLz4="}}
			} else {
				c["outputs"] = []any{map[string]any{"output_type": "display_data", "metadata": map[string]any{}, "data": map[string]any{
					"text/html": evilMarkdown, "image/svg+xml": "<svg onload=\"window.owned='output'\"></svg>", "application/javascript": "window.owned = 'javascript'"}}}
			}
		}
		cells = append(cells, c)
	}
	own := func(kind, id string) map[string]any {
		return map[string]any{"cell_type": kind, "id": id, "metadata": map[string]any{"raw_mimetype": "text/html", "format": "text/html"}, "source": evilMarkdown}
	}
	doc["cells"] = append(cells, own("markdown", "evil-1"), own("raw", "evil-2"))
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
