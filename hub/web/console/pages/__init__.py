"""The pages, one module a section: a function and a template each. `hub.web.console.site` lists the modules."""
