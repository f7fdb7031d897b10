// Why something cannot be a request. Thrown inside of sources only, where it becomes a Failure of phase `input`.

/** An input that is no request; its message is a sentence for people and holds no secret. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
}
