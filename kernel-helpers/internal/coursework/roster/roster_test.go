package roster

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func parse(t *testing.T, text string) *Roster {
	t.Helper()
	r, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return r
}

func TestPlatformsExportsAreRosters(t *testing.T) {
	for name, c := range map[string]struct {
		text             string
		names            string
		full, last, mail string // of the first
	}{
		"plain":     {"student,name,email\nada,Ada Lovelace,ada@example.org\nbob,\"Bob O'Neil\",\n", "ada bob", "Ada Lovelace", "Lovelace, Ada", "ada@example.org"},
		"one":       {"student\nzoe\nada\n", "ada zoe", "", "", ""},
		"Excel":     {"\ufeffStudent;Name\r\nzoë;Zoë Öz\r\n", "zoë", "Zoë Öz", "Öz, Zoë", ""},
		"Canvas":    {"Student,ID,SIS User ID,SIS Login ID,Section,ps1 (4711)\n    Points Possible,,,,,39.00\n\"Lovelace, Ada\",17,S1,ada,Sec 1,\n\"Student, Test\",99,,abc,Sec 1,\n", "ada", "Ada Lovelace", "Lovelace, Ada", ""},
		"Canvas id": {"Student,ID,Section\n\"Lovelace, Ada\",17,Sec 1\n", "17", "Ada Lovelace", "Lovelace, Ada", ""},
		"Moodle":    {"First name,Last name,ID number,Institution,Department,Email address\nMary Ann,van Dyk,4711,,,m@example.org\n", "4711", "Mary Ann van Dyk", "van Dyk, Mary Ann", "m@example.org"},
		"old":       {"First name,Surname,Email address\nPia,Oh,p@example.org\n", "Pia Oh", "Pia Oh", "Oh, Pia", "p@example.org"},
		"worksheet": {"Identifier,Full name,Email address,Status,Grade,Maximum Grade\nParticipant 17,Pia Oh,p@example.org,Submitted,,39\n", "Pia Oh", "Pia Oh", "Oh, Pia", "p@example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			r := parse(t, c.text)
			if got := strings.Join(r.Names(), " "); got != c.names {
				t.Fatalf("got the students %s, want %s", got, c.names)
			}
			if s := r.Students[0]; s.FullName != c.full || s.LastFirst() != c.last || s.Email != c.mail {
				t.Errorf("got %q, %q, %q, want %q, %q, %q", s.FullName, s.LastFirst(), s.Email, c.full, c.last, c.mail)
			}
		})
	}
}

func TestAFaultOfARosterIsNamedWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "it is empty",
		"a,b\n1,2\n":                        "call one \"student\"",
		"student\n":                         "lists nobody",
		"student\nada\nAda\n":               "line 3: Ada is listed twice",
		"student\n../x\n":                   "line 2: student: ",
		"student,grace\nada,15\n":           "line 2: ada: grace: \"15\" is not a length of time",
		"student,extension\nada,tomorrow\n": "line 2: ada: extension: \"tomorrow\" is neither",
		"student\n\xffda\n":                 "UTF-8",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got the error %v, want %s", text, err, want)
		}
	}
}

func TestExtensionsAreOnTheCalendarOfTheCourse(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	due := time.Date(2026, 10, 24, 17, 0, 0, 0, berlin) // a day before the clocks go back
	for written, want := range map[string]time.Time{
		"":                                   due,
		"1 day":                              time.Date(2026, 10, 25, 17, 0, 0, 0, berlin),
		"24h":                                time.Date(2026, 10, 25, 16, 0, 0, 0, berlin),
		"ps1=2026-10-26 12:00":               time.Date(2026, 10, 26, 12, 0, 0, 0, berlin),
		"ps1=2026-10-26":                     time.Date(2026, 10, 26, 23, 59, 59, 0, berlin),
		"ps1=2026-10-26T12:00:00Z":           time.Date(2026, 10, 26, 13, 0, 0, 0, berlin),
		"ps1 = 2026-10-26 12:00 +0000":       time.Date(2026, 10, 26, 13, 0, 0, 0, berlin),
		"ps2=3 days":                         due,
		"1w; ps1=2d":                         time.Date(2026, 10, 26, 17, 0, 0, 0, berlin),
		"2026-10-01":                         due, // never earlier
		"ps2=1d; ps1=+1d 2h":                 time.Date(2026, 10, 25, 19, 0, 0, 0, berlin),
		"2026-10-26T12:00; ps2=2026-12-01 ;": time.Date(2026, 10, 26, 12, 0, 0, 0, berlin),
	} {
		r := parse(t, "student,extension\nada,\""+written+"\"\n")
		if got := r.Student("ada").Due("ps1", due); !got.Equal(want) {
			t.Errorf("%q: got %v, want %v", written, got, want)
		}
		if got := r.Student("ada").Due("ps1", time.Time{}); !got.IsZero() {
			t.Errorf("%q: got %v for an assignment that is never due", written, got)
		}
	}
}

func TestGraceTimeAndGroups(t *testing.T) {
	r := parse(t, "student,group,grace\nada,blue,15 min\nbob,blue,\ncleo,,1h30m\n")
	if g := r.Student("ada").Grace; g == nil || *g != 15*time.Minute {
		t.Errorf("ada: got %v, want 15m", g)
	}
	if g := r.Student("cleo").Grace; g == nil || *g != 90*time.Minute {
		t.Errorf("cleo: got %v, want 1h30m", g)
	}
	if g := r.Student("bob").Grace; g != nil {
		t.Errorf("bob: got %v, want the course's", *g)
	}
	for student, want := range map[string][]string{"ada": {"ada", "bob"}, "bob": {"ada", "bob"}, "cleo": {"cleo"}, "nobody": {"nobody"}} {
		if got := r.Members(student); !slices.Equal(got, want) {
			t.Errorf("%s: got the members %v, want %v", student, got, want)
		}
	}
}

func TestPlatformsNamesAreFound(t *testing.T) {
	r := parse(t, "Student,ID,SIS Login ID,Section\n\"Lovelace, Ada\",17,al1,A\n\"Oh, Pia\",18,po1,A\n\"Oh, Pia\",19,po2,A\n\"Müller, Jörg\",20,jm,A\n")
	for _, c := range [][3]string{{"al1", "", "al1"}, {"lovelaceada", "17", "al1"}, {"lovelaceada", "", "al1"}, {"Ada Lovelace", "", "al1"},
		{"ohpia", "19", "po2"}, {"ohpia", "", ""}, {"Jörg Müller", "3", "jm"}, {"mallory", "17", ""}, {"", "17", ""}} {
		got, found := r.Find(c[0], c[1])
		if got != c[2] || found != (c[2] != "") {
			t.Errorf("%s, %s: got %q, want %q", c[0], c[1], got, c[2])
		}
	}
	var none *Roster
	if _, found := none.Find("ada", ""); found || !none.Has("ada") || none.Names() != nil || none.Members("ada")[0] != "ada" {
		t.Error("a course without a roster: want everybody to be a member, and nobody listed")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("student,extension,grace\nada,ps1=2d,15m\n")
	f.Add("Student;ID;Section\n\"x\";1;2\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse([]byte(text))
		if err != nil {
			return
		}
		for _, s := range r.Students {
			if !r.Has(s.Name) || s.Due("ps1", time.Unix(1, 0)).Before(time.Unix(1, 0)) {
				t.Errorf("%+v: want a member whose work isn't due before everybody's", s)
			}
		}
	})
}
