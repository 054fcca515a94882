import { z } from 'zod'
import {
  acceptedMessage,
  chatEntry,
  chatRemoved,
  companionEntry,
  historyPage,
  inboundCancel,
  inboundMessage,
  inboundResult,
  login,
  newPassCode,
  newToken,
  newUser,
  reply,
  session,
  statusReport,
  streamEvent,
  tokenEntry,
  tokenRequest,
  userChanges,
  userResponse,
  usersResponse,
} from '#contract'
import { page as chatPage, query as chatQuery, removal } from '../http/chats.ts'
import { which } from '../http/inbound.ts'
import { whose } from '../http/whose.ts'
import { done, type Route } from './route.ts'

const settings = z.record(z.string(), z.unknown()).describe('What the plugin of the companion keeps')
const found = z.object({
  found: z.array(
    z.object({
      partner: z.string(),
      seq: z.number(),
      role: z.enum(['user', 'assistant']),
      text: z.string(),
      at: z.string(),
    }),
  ),
})

/** Messages, sessions, tokens, users and chats. */
export const people: readonly Route[] = [
  {
    route: 'GET /health',
    about: '200 while Core lives',
    answer: z.object({ status: z.literal('ok') }),
    open: true,
  },
  {
    route: 'GET /ready',
    about: '503 with the reasons until the plugins that Core starts are ready or have failed, then 200',
    answer: z.object({ status: z.literal('ok') }),
    open: true,
  },
  {
    route: 'GET /api/status',
    about: 'What Core has to answer with: for the owner and for people',
    answer: statusReport,
  },
  {
    route: 'POST /inbound',
    about: 'One message; the same message_id again gets the stored reply',
    body: inboundMessage,
    answer: reply,
    accepted: acceptedMessage,
    events: streamEvent,
  },
  {
    route: 'GET /inbound/result',
    about: 'The answer to an asynchronous message, for a day; 202 while it is made',
    query: which,
    answer: inboundResult,
    accepted: inboundResult,
  },
  {
    route: 'POST /inbound/cancel',
    about: 'Stops an asynchronous or streaming answer',
    body: inboundCancel,
    answer: z.object({ ok: z.boolean(), status: z.string(), request_id: z.string() }),
  },
  {
    route: 'POST /api/session',
    about: 'Logs a browser in: the owner by the owner key, a person by their pass code',
    body: login,
    answer: done,
    open: true,
  },
  {
    route: 'GET /api/session',
    about: 'Who is calling',
    answer: session,
  },
  { route: 'DELETE /api/session', about: 'Logs out', answer: done, open: true },
  {
    route: 'POST /api/tokens',
    about: 'A token for a plugin, a user or a channel; it is shown once',
    body: tokenRequest,
    answer: newToken,
    status: 201,
  },
  {
    route: 'GET /api/tokens',
    about: 'The tokens given out',
    answer: z.object({ tokens: z.array(tokenEntry) }),
  },
  { route: 'DELETE /api/tokens/{id}', about: 'Revokes a token', answer: done },
  {
    route: 'GET /api/config/users',
    about: 'All users for the owner, themself for a user',
    answer: usersResponse,
  },
  {
    route: 'POST /api/config/users',
    about: 'A new user in config/user.yml',
    body: newUser,
    answer: userResponse,
    status: 201,
  },
  { route: 'PATCH /api/config/users/{id}', about: 'Changes a user', body: userChanges, answer: userResponse },
  {
    route: 'DELETE /api/config/users/{id}',
    about: 'Removes a user; chats and memories stay',
    answer: z.object({ result: z.literal('ok') }),
  },
  {
    route: 'GET /api/config/users/{id}/code',
    about: 'Whether this person has a pass code',
    answer: z.object({ set: z.boolean() }),
  },
  {
    route: 'PUT /api/config/users/{id}/code',
    about:
      'Sets the pass code of a person and logs them out everywhere; who sets their own gets a new cookie',
    body: newPassCode,
    answer: done,
  },
  {
    route: 'DELETE /api/config/users/{id}/code',
    about: 'Takes it away: then they cannot log in',
    answer: z.object({ removed: z.boolean() }),
  },
  {
    route: 'GET /api/companions',
    about: 'The friends beside System',
    answer: z.object({ companions: z.array(companionEntry) }),
  },
  {
    route: 'GET /api/companions/{id}/picture',
    about: 'The face of a companion',
    answer: undefined,
    file: true,
  },
  {
    route: 'GET /api/companions/{id}/settings',
    about: 'What a companion keeps of a person’s wishes',
    query: whose,
    answer: settings,
  },
  {
    route: 'POST /api/companions/{id}/settings',
    about: 'Changes them',
    query: whose,
    body: settings,
    answer: settings,
  },
  {
    route: 'GET /api/chats',
    about: 'The chats of a person',
    query: whose,
    answer: z.object({ chats: z.array(chatEntry) }),
  },
  { route: 'GET /api/chats/search', about: 'Full text, best first', query: chatQuery, answer: found },
  {
    route: 'GET /api/chats/{partner}/messages',
    about: 'One chat, oldest first; before is a seq',
    query: chatPage,
    answer: historyPage,
  },
  {
    route: 'GET /api/files/{name}',
    about: 'What a person attached to a message, by its name in the workspace',
    query: whose,
    answer: undefined,
    file: true,
  },
  {
    route: 'GET /api/turns/{id}/images/{at}',
    about: 'A picture that came with an answer',
    answer: undefined,
    file: true,
  },
  {
    route: 'POST /api/turns/{id}/choose',
    about: 'Of the versions of an exchange, this is the one that counts from now on',
    answer: done,
  },
  {
    route: 'DELETE /api/chats/{partner}',
    about: 'Deletes a chat with its attachments, to the last byte',
    query: removal,
    answer: chatRemoved,
  },
  {
    route: 'POST /api/chats/{partner}/read',
    about: 'Everything in it is read now',
    query: whose,
    answer: done,
  },
]
