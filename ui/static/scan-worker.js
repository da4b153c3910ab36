// The worker that reads codes in pictures. It gets  {id, width, height, rgba: ArrayBuffer, still}  and answers
// {id, symbols: [{text, format}]}.  A panic in the decoder reaches the page as an `error` event; the page then starts
// a new worker.
import init, { read } from '{{glue}}';

const ready = init();

self.onmessage = async ({ data }) => {
  try {
    await ready;
    const { id, width, height, rgba, still } = data;
    self.postMessage({ id, symbols: read(width, height, new Uint8Array(rgba), Boolean(still)) });
  } catch (error) {
    // Thrown from here it would be an unhandled promise, which the page does not hear of.
    setTimeout(() => { throw error; });
  }
};
