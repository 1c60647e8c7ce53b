"""Settings of Keras's layers and quantizers, of which every entry has to be understood."""

from ..failure import require

# Entries of a layer's configuration that change nothing at inference.
LAYER = {
    "name", "trainable", "dtype", "batch_input_shape", "batch_shape", "sparse", "ragged", "filters", "units", "axis",
    "momentum", "noise_shape", "seed", "rate", "data_format", "keepdims", "synchronized", "ndim", "groups_are_default",
    "batch_size", "input_spec", "module", "registered_name", "build_config", "fused", "renorm", "virtual_batch_size",
    "metrics", "kernel_clip", "kernel_range", "bias_range", "depthwise_range", "gamma_range", "beta_range"
}
TRAINING = ("_initializer", "_regularizer", "_constraint")


class Settings:
  """A configuration. `ignored` are entries that change nothing at inference."""

  def __init__(self, values, where, ignored=LAYER):
    self.values, self.where, self.ignored = values, where, ignored
    self.taken = set()

  def take(self, key, *fallback):
    """Returns an entry, or the fallback if there is none."""
    self.taken.add(key)
    if key in self.values:
      return self.values[key]
    require(fallback, f"{self.where}: expected the setting '{key}', found none")
    return fallback[0]

  def expect(self, key, *accepted):
    """Refuses an entry with another value than the accepted ones. The first one is the value without an entry."""
    found = self.take(key, accepted[0])
    require(found in accepted, f"{self.where}: expected {key} {' or '.join(map(str, accepted))}, found {found}")

  def check(self):
    """Refuses entries that were not taken."""
    for key in self.values:
      known = key in self.taken or key in self.ignored or key.endswith(TRAINING)
      require(known, f"{self.where}: expected a setting that the importer knows, found '{key}'")
