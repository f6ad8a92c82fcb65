package traces

import (
	"regexp"
	"slices"
	"strings"
)

// frame is a line of a stack trace: the function, and whether it is the service's own code. Line numbers are left out: they move
// with every release.
type frame struct {
	name string // "com.acme.Checkout.pay", "pay (shop/checkout.py)"
	own  bool
}

const (
	maxStack      = 32 << 10 // bytes of a stack trace that are looked at
	maxFrames     = 64
	printedFrames = 3 // of a fingerprint
)

var (
	javaFrame   = regexp.MustCompile(`^at (?:[\w.@-]*/{1,2})*([\w$.<>/]+)\((?:[^()]*\.(?:java|kt|scala|groovy|clj)(?::\d+)?|Native Method|Unknown Source)\)`)
	nodeFrame   = regexp.MustCompile(`^at (?:async )?(?:new )?(?:(.+?) (?:\[as [^\]]+\] )?\()?((?:file://|node:|https?://|webpack[\w-]*:|[A-Za-z]:\\|/|\.|internal/)[^()]*?)(?::\d+)?(?::\d+)?\)?$`)
	dotnetFrame = regexp.MustCompile(`^at ([^(]+)\(.*?\)(?: in (.+?)(?::line \d+)?)?$`)
	pythonFrame = regexp.MustCompile(`^File "([^"]+)", line \d+, in (.+)$`)
	rubyFrame   = regexp.MustCompile("^(?:\\d+: )?(?:from )?(\\S+?\\.rb|<internal:[^>]+>|\\S+?):\\d+:in [`'](.+?)'")
	phpFrame    = regexp.MustCompile(`^#\d+ (\S+)\(\d+\): (.+?)\(`)
	goFile      = regexp.MustCompile(`^\s+(\S+\.(?:go|s)):\d+`)
	goCall      = regexp.MustCompile(`^([\w./~*()\[\]%-]+)\([^()]*\)$`)
)

// Code that is not the service's own, by how its frames begin.
var (
	javaLibraries = []string{
		"java.", "javax.", "jdk.", "sun.", "com.sun.", "jakarta.", "kotlin.", "kotlinx.", "scala.", "groovy.", "clojure.",
		"org.springframework.", "org.apache.", "org.hibernate.", "org.eclipse.", "org.jboss.", "org.postgresql.", "org.glassfish.", "org.junit.", "org.gradle.",
		"io.netty.", "io.grpc.", "io.opentelemetry.", "io.micrometer.", "io.vertx.", "io.quarkus.", "io.lettuce.", "io.undertow.", "io.micronaut.",
		"reactor.", "rx.", "akka.", "okhttp3.", "retrofit2.", "feign.", "com.fasterxml.", "com.google.", "com.zaxxer.", "com.mysql.", "com.mongodb.",
		"com.amazonaws.", "software.amazon.", "redis.clients.", "ch.qos.", "net.bytebuddy.", "com.netflix.",
	}
	dotnetLibraries = []string{
		"System.", "Microsoft.", "Npgsql.", "Grpc.", "Newtonsoft.", "MySql.", "MySqlConnector.", "StackExchange.", "RabbitMQ.", "MongoDB.", "Confluent.",
		"OpenTelemetry.", "Polly.", "Dapper.", "Autofac.", "MediatR.", "lambda_method", "Castle.",
	}
	goLibraries = []string{
		"runtime.", "runtime/", "panic", "net/http.", "net.", "database/sql.", "encoding/", "reflect.", "sync.", "context.", "testing.", "bufio.", "io.",
		"google.golang.org/", "golang.org/x/", "go.opentelemetry.io/", "created by",
	}
	libraryPaths = []string{
		"/node_modules/", "node:", "internal/", "/site-packages/", "/dist-packages/", "/lib/python", "<frozen", "/gems/", "/lib/ruby/", "<internal:",
		"/pkg/mod/", "/go/src/", "/vendor/", "/usr/lib/", "<anonymous>", "\\Python3",
	}
)

func hasPrefix(s string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func inLibrary(file string) bool {
	return slices.ContainsFunc(libraryPaths, func(p string) bool { return strings.Contains(file, p) })
}

// framesOf reads a stack trace in the spelling of Java, .NET, Node, Python, Go, Ruby or PHP: its frames, the one that raised first.
func framesOf(stack string) []frame {
	python := strings.Contains(stack, `File "`) && strings.Contains(stack, ", line ")
	if len(stack) > maxStack {
		if python { // the innermost is last
			stack = stack[len(stack)-maxStack:]
		} else {
			stack = stack[:maxStack]
		}
	}
	var frames []frame
	call := "" // of Go: the file follows on a line of its own
	for line := range strings.Lines(stack) {
		line = strings.TrimRight(line, "\r\n")
		if call != "" {
			if m := goFile.FindStringSubmatch(line); m != nil {
				frames = append(frames, goFrame(call, m[1]))
			}
			call = ""
		}
		text := strings.TrimSpace(line)
		if len(frames) > 0 && (strings.HasPrefix(text, "Caused by:") || strings.HasPrefix(text, "goroutine ")) {
			break // the cause of an exception, or another goroutine: the first part tells
		}
		if f, ok := frameOf(text); ok {
			if frames = append(frames, f); len(frames) >= maxFrames && !python {
				break
			}
		} else if m := goCall.FindStringSubmatch(text); m != nil && strings.Contains(m[1], ".") || strings.HasPrefix(text, "panic(") {
			call = text[:strings.LastIndexByte(text, '(')]
		}
	}
	if python {
		slices.Reverse(frames)
	}
	return frames
}

func frameOf(text string) (frame, bool) {
	switch {
	case len(text) > 1024 || len(text) < 4:
	case strings.HasPrefix(text, "at "):
		if m := javaFrame.FindStringSubmatch(text); m != nil {
			return frame{javaName(m[1]), !hasPrefix(m[1], javaLibraries)}, true
		}
		if m := nodeFrame.FindStringSubmatch(text); m != nil {
			return frame{called(m[1], m[2]), !inLibrary(m[2])}, true
		}
		if m := dotnetFrame.FindStringSubmatch(text); m != nil && strings.Contains(m[1], ".") {
			return frame{javaName(strings.TrimSpace(m[1])), !hasPrefix(m[1], dotnetLibraries)}, true
		}
	case strings.HasPrefix(text, `File "`):
		if m := pythonFrame.FindStringSubmatch(text); m != nil {
			return frame{called(m[2], m[1]), !inLibrary(m[1])}, true
		}
	case text[0] == '#':
		if m := phpFrame.FindStringSubmatch(text); m != nil {
			return frame{called(m[2], m[1]), !inLibrary(m[1])}, true
		}
	case strings.Contains(text, ":in "):
		if m := rubyFrame.FindStringSubmatch(text); m != nil {
			return frame{called(strings.TrimPrefix(m[2], "block in "), m[1]), !inLibrary(m[1])}, true
		}
	}
	return frame{}, false
}

func goFrame(call, file string) frame {
	name := call
	if i := strings.LastIndexByte(name, '/'); i >= 0 { // the package's own name says enough for people
		name = name[i+1:]
	}
	return frame{name, !hasPrefix(call, goLibraries) && !inLibrary(file)}
}

var generated = regexp.MustCompile(`(?:\$\$(?:Lambda|Enhancer|FastClass|SpringCGLIB)\w*|\$\$?[0-9a-fA-F]+|/0x[0-9a-f]+|(?:\bd|b|g)?__\d+(?:_\d+)?|\$\d+)`)

// javaName leaves out what the compiler or a proxy counts: lambda$pay$3, Foo$$EnhancerBySpringCGLIB$$1a2b, <Pay>d__5.
func javaName(name string) string {
	return strings.TrimSuffix(generated.ReplaceAllString(name, ""), ".MoveNext")
}

var hashed = regexp.MustCompile(`[.-][0-9a-fA-F]{6,}\b`)

// called is a function with the end of its file's path; bundlers' hashes left out.
func called(name, file string) string {
	file = strings.ReplaceAll(strings.TrimPrefix(file, "file://"), `\`, "/")
	pieces := strings.Split(file, "/")
	file = hashed.ReplaceAllString(strings.Join(pieces[max(0, len(pieces)-2):], "/"), "")
	if i := strings.IndexAny(file, "?#"); i >= 0 {
		file = file[:i]
	}
	if name == "" || name == "<anonymous>" {
		return file
	}
	return name + " (" + strings.TrimPrefix(file, "/") + ")"
}

// topFrames are the frames that tell groups apart: the first ones of the service's own code, else of any; repeats count once.
func topFrames(frames []frame) (names []string) {
	own := slices.ContainsFunc(frames, func(f frame) bool { return f.own })
	for _, f := range frames {
		if own && !f.own || len(names) > 0 && names[len(names)-1] == f.name {
			continue
		}
		if names = append(names, f.name); len(names) == printedFrames {
			break
		}
	}
	return names
}
