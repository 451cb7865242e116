"""Start the page: python app.py, then open the address that it prints."""

from demo.__main__ import program

if __name__ == "__main__":
    program()
