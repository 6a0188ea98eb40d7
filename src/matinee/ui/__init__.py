"""The web page: Streamlit, over the REST API alone. Nothing here imports another room."""
