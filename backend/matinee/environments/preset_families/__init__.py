"""The presets, by what they train on."""
