/** Why what was sent did not become a trace, and what to do about it. */
import type { Status } from '../api/types'

export type Refusal = { reason: string; count: number; unit: 'request' | 'span' | 'log record' | 'data point'; what: string; todo: string }

/** Of requests, as the receiver names them. */
const REQUESTS: Record<string, [what: string, todo: string]> = {
  auth: ['no valid ingest key', 'Send a key of Settings, Keys as the header x-sightline-ingest-key.'],
  authz: ['the key is not for this', 'Use a key with the scope ingest.'],
  media_type: ['neither protobuf nor JSON', 'Set Content-Type to application/x-protobuf or application/json.'],
  encoding: ['a compression that is not known', 'Use gzip, or none.'],
  decode_error: ['the body is no OTLP', 'Check that it is an ExportTraceServiceRequest, and in JSON that ids are hex.'],
  nesting: ['nested too deeply', 'Flatten the attribute that holds itself.'],
  too_large: ['larger than a request may be', 'Send smaller batches, or raise otlp.max_request.'],
  aborted: ['the sender went away or was too slow', 'Look at the network between, and at timeouts of the sender.'],
  method: ['not a POST', 'OTLP over HTTP is a POST.'],
  unknown_path: ['a path that is not served', 'Traces go to /v1/traces. Logs go to /v1/logs, metrics to /v1/metrics; profiles are not taken.'],
  rate_limited: ['too much at once', 'The sender comes back by itself.'],
  backpressure: ['asked to come back later', 'Storing could not follow; senders try again by themselves. See the journal above.'],
  processor: ['a processor of the collector section fails on it', 'Mend its statement; the sender is told which.'],
  internal: ['an error of Sightline', 'The log has the details.'],
}

const ITEMS: Record<string, Refusal['unit']> = { traces: 'span', logs: 'log record', metrics: 'data point' }

/** Of spans, log records and data points in requests that were taken. */
const REJECTED: Record<string, [what: string, todo: string]> = {
  invalid_trace_id: ['the trace id is not 16 bytes, or is zero', 'In JSON ids are hex, not base64.'],
  invalid_span_id: ['the span id is not 8 bytes, or is zero', 'In JSON ids are hex, not base64.'],
  malformed: ['could not be read as a span', 'Compare with the proto definition of OTLP.'],
  too_large: ['larger than a span may be', 'Shorten attributes and events.'],
  ts_future: ['in the future', 'Set the sender\'s clock; it is ahead of this machine\'s.'],
  ts_expired: ['older than what is kept', 'Set the sender\'s clock, or raise the retention of its signal.'],
  hist_invalid: ['a histogram that contradicts itself', 'Its bounds must ascend, and it must have one bucket more than bounds.'],
  label_limit: ['more labels than a series may have, or longer ones', 'Drop attributes that no chart needs, or shorten them.'],
  series_limit: ['more series than a project or a metric may have', 'Drop the label whose values never come again; the examples name the metrics.'],
}

/** Of a processor; where it holds data, what it holds now is in its count. */
const DROPPED: [what: string, todo: string] = ['not handed on by the processor', 'Its section under collector says what it drops. batch, groupbytrace and tail_sampling count what they hold until they hand it on.']

/** All that was refused, most first. What the sender's own tries caused (it comes back by itself) is in here, too. */
export function refusalsOf(status: Pick<Status, 'ingest' | 'refused'>): Refusal[] {
  const out: Refusal[] = []
  const add = (unit: Refusal['unit'], known: Record<string, [string, string]>, reason: string, count: number) => {
    if (count <= 0) return
    const [what, todo] = known[reason] ?? [reason.replaceAll('_', ' '), '']
    out.push({ reason, count, unit, what, todo })
  }
  // A server from before this list has none.
  for (const [reason, count] of Object.entries(status.refused ?? {})) add('request', REQUESTS, reason, count)
  for (const [signal, ingest] of Object.entries(status.ingest)) {
    for (const [reason, count] of Object.entries(ingest.rejected)) add(ITEMS[signal] ?? 'span', REJECTED, reason, count)
    for (const [processor, count] of Object.entries(ingest.dropped_by_pipeline)) add(ITEMS[signal] ?? 'span', { [processor]: DROPPED }, processor, count)
  }
  return out.sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
}

/** What came to be refused between two looks, so that old failures do not stand beside a fresh try. */
export function refusedSince(before: readonly Refusal[], now: readonly Refusal[]): Refusal[] {
  const old = new Map(before.map((r) => [`${r.unit} ${r.reason}`, r.count]))
  return now.flatMap((r) => {
    const count = r.count - (old.get(`${r.unit} ${r.reason}`) ?? 0)
    return count > 0 ? [{ ...r, count }] : []
  })
}
