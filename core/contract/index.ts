/**
 * Everything on the wire, as schemas: the only part of Core that plugins, channels and pages import.
 * @module
 */
export * from './data.ts'
export * from './delivery.ts'
export * from './host.ts'
export * from './memory-status.ts'
export * from './knowledge.ts'
export * from './memory.ts'
export * from './job.ts'
export * from './message.ts'
export * from './nudge.ts'
export * from './plugin.ts'
export * from './problem.ts'
export * from './push.ts'
export * from './session.ts'
export * from './socket.ts'
export * from './status.ts'
export * from './supervision.ts'
export * from './token.ts'
export * from './worth.ts'
export * from './user.ts'
