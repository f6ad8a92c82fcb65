import { expect, test } from 'vitest'
import { nameOfId } from './mapName'

test.each([
  ['service/demo/checkout', 'checkout'],
  ['inferred/demo/receipts/AWS::SQS::Queue', 'receipts'],
  ['service//checkout', 'checkout'],
  ['service/demo/checkout>inferred/demo/redis/Cache::Redis', 'checkout to redis'],
  ['inferred/demo/orders/Queue::NATS>>service/demo/fulfilment', 'orders to fulfilment'],
  ['service/demo/a%2Fb', 'a/b'],
  ['service/demo/50%', '50%'],
  ['team:payments', 'team:payments'],
  ['service/demo/', 'service/demo/'],
])('%s is %s', (id, name) => expect(nameOfId(id)).toBe(name))
