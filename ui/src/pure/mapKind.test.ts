import { expect, test } from 'vitest'
import types from '../../../storage/traces/peer/testdata/types.json'
import { GLYPH_PATHS } from './mapGlyphs'
import { type Glyph, GLYPHS, kindOf } from './mapKind'

/** What types of one family look like; the first that fits. */
const FAMILIES: readonly (readonly [RegExp, readonly Glyph[]])[] = [
  [/^client$/, ['client']],
  [/^service$|::ECS|::EKS|::EC2::Instance|Beanstalk|AppRunner/, ['service']],
  [/^remote$/, ['external']],
  [/^Database::/, ['database', 'search', 'dns']],
  [/^(Cache::|AWS::ElastiCache)/, ['cache']],
  [/^Queue/, ['queue', 'topic', 'workflow']],
  [/^AI::|Bedrock/, ['model']],
  [/Function$/, ['function']],
  [/LoadBalancer$/, ['balancer']],
  [/Stage$|GraphQLAPI$/, ['gateway']],
  [/Bucket$/, ['bucket']],
  [/Table$/, ['table']],
  [/::SQS/, ['queue']],
  [/::SNS|Kinesis|EventB|EventGrid/, ['topic']],
  [/RDS|DocDB|Neptune|Redshift|DSQL/, ['database']],
  [/Route53|DNS|ServiceDiscovery/, ['dns']],
  [/ECR|Registry/, ['registry']],
  [/::Code|StepFunctions/, ['workflow']],
  [/Secret|KMS/, ['secret']],
  [/CloudWatch|Logs$|XRay|CloudTrail/, ['monitor']],
]

test('every type that the recogniser names has a glyph of its family, a path and words', () => {
  expect(types.length).toBeGreaterThan(200)
  for (const type of types) {
    const kind = kindOf(type, type !== 'service' && type !== 'client')
    const family = FAMILIES.find(([pattern]) => pattern.test(type))
    if (family) expect(family[1], `${type} is drawn as ${kind.glyph}`).toContain(kind.glyph)
    if (type !== 'remote') expect(kind.glyph, type).not.toBe('external')
    if (type !== 'client' && type !== 'service') expect(kind.words, type).not.toBe(type)
    expect(kind.badge.length, type).toBeLessThanOrEqual(4)
  }
})

test('every glyph has a path, and none is drawn twice', () => {
  expect(new Set(GLYPHS.map((g) => GLYPH_PATHS[g])).size).toBe(GLYPHS.length)
})

test('types are told without case, and what nothing knows by where it comes from', () => {
  expect(kindOf('AWS::APIGateway::Stage').glyph).toBe('gateway')
  expect(kindOf('database::sql').badge).toBe('SQL')
  expect(kindOf('Frobnicator', true)).toEqual({ glyph: 'external', badge: '', words: 'Frobnicator' })
  expect(kindOf('Frobnicator').glyph).toBe('service')
})
