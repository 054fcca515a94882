/**
 * The service worker: keeps the page itself on the device, so that it starts without Core. It answers for the files of
 * the build and for nothing else: what people say to each other never lies in its cache.
 * @module
 */

import { type Lasting, showPushes } from './worker-push.ts'

interface Fetching {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}
/** A worker's scope, as far as it is used: the types for workers and those for pages do not go together. */
declare const self: {
  readonly location: Location
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: Lasting) => void): void
  addEventListener(type: 'fetch', listener: (event: Fetching) => void): void
}
/** All files of this build, and a name that changes with them; put in by the build. */
declare const BUILD: { readonly name: string; readonly files: readonly string[] }

const known = new Set(BUILD.files)

showPushes()

self.addEventListener('install', (event) => event.waitUntil(keepAll()))
self.addEventListener('activate', (event) => event.waitUntil(dropOthers()))
self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (url.pathname === '/') event.respondWith(newest(request))
  else if (known.has(url.pathname)) event.respondWith(kept(request))
})

async function keepAll(): Promise<void> {
  const cache = await caches.open(BUILD.name)
  await cache.addAll(['/', ...BUILD.files])
  await self.skipWaiting()
}

async function dropOthers(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name !== BUILD.name).map((name) => caches.delete(name)))
  await self.clients.claim()
}

/** The page as Core serves it now, so that no old one stays; without Core, the one that is kept. */
async function newest(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    const page = await caches.match('/')
    if (page) return page
    throw error
  }
}

/** Files carry a hash of their content in their name: the kept one is the right one. */
const kept = async (request: Request): Promise<Response> =>
  (await caches.match(request.url)) ?? fetch(request)
