"""The public contract as documents: JSON Schemas, AsyncAPI, and what a change of them means for partners."""
