package peer

import "strings"

// Classify puts the span into exactly one class. HTTP's status decides first; without one, or with one below 400, the RPC
// status does; a span that only says it failed is a fault, as X-Ray's exporter has it.
func Classify(in *Input) Class {
	if in.set&statusMask == 0 && in.Status != statusError {
		return OK
	}
	if code, ok := in.num(HTTPStatus); ok {
		if c := httpClass(in, code); c != OK {
			return c
		}
	} else if code, ok := in.num(HTTPStatusOld); ok {
		if c := httpClass(in, code); c != OK {
			return c
		}
	}
	if code, ok := in.num(GRPCStatus); ok {
		if c := grpcClass(code); c != OK {
			return c
		}
	} else if in.has(1 << RPCStatus) {
		if c := rpcClass(in); c != OK {
			return c
		}
	}
	if in.Status != statusError {
		return OK
	}
	if throttled(in) {
		return Throttle
	}
	return Fault
}

// httpClass judges an HTTP status code. AWS's JSON services throttle with 400, S3 with 503 SlowDown.
func httpClass(in *Input, code int64) Class {
	switch {
	case code < 400 || code > 599:
		return OK
	case code == 429:
		return Throttle
	case (code < 500 || code == 503) && throttled(in):
		return Throttle
	case code < 500:
		return Error
	default:
		return Fault
	}
}

// throttlings are parts of the error codes with which AWS's services, and others, refuse for being asked too often: those that AWS's SDKs
// back off for.
var throttlings = [...]string{
	"Throttl", "ProvisionedThroughputExceeded", "TooManyRequests", "RequestLimitExceeded", "SlowDown", "BandwidthLimitExceeded",
	"PriorRequestNotComplete", "ateLimitExceeded",
}

// limitExceeded is a code of its own; as the end of another one it is a quota's: more of the same will not pass later either.
const limitExceeded = "LimitExceededException"

// throttled looks for a throttling code in error.type, an exception's type, an AWS error code or the message of a call to AWS.
func throttled(in *Input) bool {
	if in.has(throttleMask) {
		for _, s := range [...]Slot{ErrorType, ErrorCode, ExceptionType} {
			if namesThrottling(in.str(s)) {
				return true
			}
		}
	}
	return in.str(RPCSystem) == "aws-api" && namesThrottling(in.Message)
}

func namesThrottling(text string) bool {
	if text == "" {
		return false
	}
	for _, part := range throttlings {
		if strings.Contains(text, part) {
			return true
		}
	}
	i := strings.Index(text, limitExceeded)
	return i == 0 || i > 0 && !isLetter(text[i-1])
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// grpcClass judges a gRPC status code (google.golang.org/grpc/codes).
func grpcClass(code int64) Class {
	switch code {
	case 0:
		return OK
	case 8: // RESOURCE_EXHAUSTED
		return Throttle
	case 2, 4, 12, 13, 14, 15: // UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS
		return Fault
	case 1, 3, 5, 6, 7, 9, 10, 11, 16:
		return Error
	default:
		return Fault // no such code: the callee's mistake
	}
}

// rpcCodes are gRPC's codes by name; Connect spells them in lower case.
var rpcCodes = map[string]int64{
	"OK": 0, "CANCELLED": 1, "CANCELED": 1, "UNKNOWN": 2, "INVALID_ARGUMENT": 3, "DEADLINE_EXCEEDED": 4, "NOT_FOUND": 5,
	"ALREADY_EXISTS": 6, "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8, "FAILED_PRECONDITION": 9, "ABORTED": 10,
	"OUT_OF_RANGE": 11, "UNIMPLEMENTED": 12, "INTERNAL": 13, "UNAVAILABLE": 14, "DATA_LOSS": 15, "UNAUTHENTICATED": 16,
}

// rpcClass judges rpc.response.status_code: gRPC's and Connect's by name or number. What other systems put there is theirs:
// it says nothing, and the span's own status decides.
func rpcClass(in *Input) Class {
	text := in.str(RPCStatus)
	if code, ok := rpcCodes[strings.ToUpper(text)]; ok {
		return grpcClass(code)
	}
	if code, ok := in.num(RPCStatus); ok && code >= 0 && code <= 16 && in.grpcLike() {
		return grpcClass(code)
	}
	return OK
}

func (in *Input) grpcLike() bool {
	system := in.str(RPCSystem)
	return system == "" || system == "grpc" || system == "connect_rpc"
}
