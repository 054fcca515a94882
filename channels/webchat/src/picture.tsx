import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { blobOf } from './attachments.ts'
import { useWords } from './context.ts'
import { CloseIcon, DownIcon } from './icons.tsx'
import { RemotePicture } from './markdown.tsx'
import { isOfCore } from './stored-files.ts'

interface Props {
  /** A data: URL or where Core gives it out; any other address is only named. */
  readonly url: string
  readonly name: string
}

/** A picture of a message: small, and as large as the screen when it is pressed. */
export function Picture({ url, name }: Props): VNode {
  const words = useWords()
  const isOpen = useSignal(false)
  const isMissing = useSignal(false)
  const address = useAddress(url)
  if (isMissing.value || !isLoadable(url))
    return <RemotePicture address={isLoadable(url) ? '' : url} name={name} />
  return (
    <>
      <button
        type="button"
        class="picture-button"
        aria-label={words.openPicture(name)}
        onClick={() => (isOpen.value = true)}
      >
        <img class="picture" src={address} alt="" onError={() => (isMissing.value = true)} />
      </button>
      {isOpen.value && address && (
        <Enlarged address={address} name={name} onClose={() => (isOpen.value = false)} />
      )}
    </>
  )
}

/** A picture that is about to be sent. */
export function Thumbnail({ url, name }: Props): VNode {
  return <img class="picture" src={useAddress(url)} alt={name} />
}

function Enlarged({ address, name, onClose }: { address: string; name: string; onClose: () => void }): VNode {
  const words = useWords()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const close = (): void => dialog.current?.close()
  return (
    <dialog ref={dialog} class="enlarged" aria-label={name} onClose={onClose} onClick={close}>
      <img src={address} alt={name} />
      <p class="enlarged-tools">
        <a
          class="tool"
          href={address}
          download={name}
          aria-label={words.download(name)}
          title={words.download(name)}
        >
          <DownIcon />
        </a>
        <button type="button" class="tool" aria-label={words.close} title={words.close} onClick={close}>
          <CloseIcon />
        </button>
      </p>
    </dialog>
  )
}

const isLoadable = (url: string): boolean => url.startsWith('data:image/') || isOfCore(url)

/** Where the page may load it from: the policy lets no data: URL through. */
function useAddress(url: string): string | undefined {
  const shown = useSignal<string | undefined>(undefined)
  useEffect(() => {
    const blob = blobOf(url)
    if (!blob?.type.startsWith('image/')) return
    const address = URL.createObjectURL(blob)
    shown.value = address
    return () => URL.revokeObjectURL(address)
  }, [url])
  return isOfCore(url) ? url : shown.value
}
