import { z } from 'zod'
import {
  channelCallback,
  deliverRequest,
  deliverResponse,
  deliveryEntry,
  inboxAck,
  inboxPage,
  mayDeliverRequest,
  mayDeliverResponse,
  nudgeChanges,
  nudgeRules,
  pushChatChange,
  pushChats,
  pushEnd,
  pushKey,
  pushSubscription,
  pushWhose,
  registeredChannel,
  socketFrame,
} from '#contract'
import { events, list, page } from '../http/inbox.ts'
import { whose } from '../http/whose.ts'
import { done, type Route } from './route.ts'

/** Messages that nobody waits for. */
export const delivery: readonly Route[] = [
  {
    route: 'POST /api/plugins/deliver',
    about: 'A companion speaks first, for plugins granted it',
    body: deliverRequest,
    answer: deliverResponse,
  },
  {
    route: 'POST /api/plugins/may-deliver',
    about: 'Whether it may just now: quiet hours, how often, what the person wants',
    body: mayDeliverRequest,
    answer: mayDeliverResponse,
  },
  {
    route: 'GET /api/companions/{id}/nudges',
    about: 'Whether and when a companion writes first',
    query: whose,
    answer: nudgeRules,
  },
  {
    route: 'PATCH /api/companions/{id}/nudges',
    about: 'Changes that',
    query: whose,
    body: nudgeChanges,
    answer: nudgeRules,
  },
  {
    route: 'GET /api/inbox',
    about: 'What a person has not acknowledged, oldest first',
    query: page,
    answer: inboxPage,
  },
  {
    route: 'POST /api/inbox/ack',
    about: 'The person has these now',
    body: inboxAck,
    answer: z.object({ ok: z.literal(true), acknowledged: z.number() }),
  },
  {
    route: 'GET /api/events',
    about: 'The same as it comes: the frames registered and push of /ws',
    query: events,
    answer: undefined,
    events: socketFrame,
  },
  {
    route: 'GET /api/deliveries',
    about: 'What became of messages',
    query: list,
    answer: z.object({ deliveries: z.array(deliveryEntry) }),
  },
  {
    route: 'POST /api/deliveries/{id}/resend',
    about: 'Sends one again that was given up',
    answer: done.extend({ id: z.string() }),
  },
  {
    route: 'GET /api/push/key',
    about: 'What a browser subscribes to notifications with (VAPID)',
    answer: pushKey,
  },
  {
    route: 'POST /api/push/subscriptions',
    about: 'This device notifies this person: of what neither clients nor a bridge took, once each',
    body: pushSubscription,
    answer: done,
  },
  {
    route: 'DELETE /api/push/subscriptions',
    about: 'It does not any more',
    body: pushEnd,
    answer: z.object({ removed: z.boolean() }),
  },
  {
    route: 'GET /api/push/chats',
    about: 'The chats that a person is told nothing of',
    query: pushWhose,
    answer: pushChats,
  },
  {
    route: 'PATCH /api/push/chats',
    about: 'Changes one of them',
    query: pushWhose,
    body: pushChatChange,
    answer: pushChats,
  },
  {
    route: 'GET /api/channels',
    about: 'Where bridges take messages',
    answer: z.object({ channels: z.array(registeredChannel.omit({ secret: true })) }),
  },
  {
    route: 'POST /api/channels/{name}',
    about: 'Where the bridge of this channel takes them',
    body: channelCallback,
    answer: registeredChannel,
  },
  {
    route: 'DELETE /api/channels/{name}',
    about: 'It takes none any more',
    answer: z.object({ removed: z.boolean(), channel: z.string() }),
  },
]
