"""The pages, one to a file. In a folder called `pages` Streamlit would run each by itself."""
