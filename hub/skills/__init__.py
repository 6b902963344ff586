"""Skills: the labels of the ESCO concepts that the hub ships with."""
