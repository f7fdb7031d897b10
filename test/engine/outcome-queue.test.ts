// Outcomes for a consumer in code: batches, bound, end.
